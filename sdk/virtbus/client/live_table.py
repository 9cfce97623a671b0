"""The records of all domains of a route, kept up to date from a snapshot and what follows it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from uuid import UUID
from weakref import WeakSet

from ..operations.records import DomainRecord
from ..wire.frames import Header
from .decode import decode_reply

KIND = "domain"
PREFIX = f"state/{KIND}/"


class Watch:
    """The domains that changed since they were last taken; bounded by their number."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changed: set[UUID] = set()

    def add(self, changed: set[UUID]) -> None:
        """Note changes."""
        with self._lock:
            self._changed |= changed

    def take(self) -> frozenset[UUID]:
        """The changes noted since the last time."""
        with self._lock:
            taken, self._changed = self._changed, set()
        return frozenset(taken)


class LiveTable:
    """Records by UUID, and UUIDs by name; one writer, any number of readers."""

    def __init__(self) -> None:
        self.records: dict[UUID, DomainRecord] = {}
        self.names: dict[str, UUID] = {}
        self.epoch = 0
        self.number = 0
        self._watches: WeakSet[Watch] = WeakSet()
        self._lock = threading.Lock()

    def watch(self) -> Watch:
        """A new watch, told of changes from now on for as long as somebody holds it."""
        made = Watch()
        with self._lock:
            self._watches.add(made)
        return made

    @property
    def position(self) -> tuple[int, int]:
        """Epoch and number of the newest state that is in here."""
        return (self.epoch, self.number)

    def load(self, epoch: int, number: int, values: Mapping[str, bytes]) -> None:
        """Take a snapshot in the place of everything."""
        records = {}
        for body in values.values():
            record = decode_reply(body, DomainRecord, "published state")
            records[record.uuid] = record
        before, self.records = self.records, records
        self.names = {record.name: uuid for uuid, record in records.items()}
        self.epoch, self.number = epoch, number
        self._tell(
            {
                uuid
                for uuid in before.keys() | records.keys()
                if before.get(uuid) != records.get(uuid)
            }
        )

    def apply(self, header: Header, body: bytes) -> bool:
        """Take a publication; False if one before it is missing, and a snapshot is needed."""
        if not header.name.startswith(PREFIX):
            return True
        if (header.epoch, header.number) <= (self.epoch, self.number):
            return True
        if header.epoch != self.epoch or header.number != self.number + 1:
            return False
        self.number = header.number
        self._put(header.name.removeprefix(PREFIX), body)
        return True

    def _put(self, key: str, body: bytes) -> None:
        if body:
            record = decode_reply(body, DomainRecord, "published state")
            self._drop_name(record.uuid)
            self.records[record.uuid] = record
            self.names[record.name] = record.uuid
            self._tell({record.uuid})
            return
        uuid = UUID(key)
        self._drop_name(uuid)
        if self.records.pop(uuid, None) is not None:
            self._tell({uuid})

    def _drop_name(self, uuid: UUID) -> None:
        old = self.records.get(uuid)
        if old is not None and self.names.get(old.name) == uuid:
            del self.names[old.name]

    def _tell(self, changed: set[UUID]) -> None:
        with self._lock:
            for watch in self._watches:
                watch.add(changed)
