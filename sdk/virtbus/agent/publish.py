"""What one route publishes of each kind: numbered state, statistics, events; the domains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

from ..errors import AlreadyExists, NoSuchDomain
from ..operations.records import RECORDS, DomainRecord, DomainStats
from ..wire.frames import (
    MAX_FRAME_BYTES,
    Header,
    Kind,
    encode_body,
    encode_header,
    make_index,
)

Send = Callable[[list[bytes]], bool]
Keep = Callable[[list[bytes]], None]


class Feed:
    """What one route publishes of one kind, by the objects' ids; states are numbered.

    What cannot be sent now is made up for by the next SYNC. `send` may drop, and then says so;
    what `keep` takes waits its turn (a link's send and answer).
    """

    def __init__(self, route: str, kind: str, epoch: int, send: Send, keep: Keep) -> None:
        self.route = route
        self.kind = kind
        self.epoch = epoch
        self.number = 0
        self.values: dict[str, bytes] = {}
        self._stats: dict[str, bytes] = {}
        self._send = send
        self._keep = keep
        self.behind = False

    def put(self, id: str, value: bytes) -> None:
        """Publish a state under a new number; the empty value says that it is gone."""
        key = f"state/{self.kind}/{id}"
        self.number += 1
        if value:
            self.values[key] = value
        else:
            self.values.pop(key, None)
        if not self.behind:
            self.behind = not self._send([self._header(Kind.PUBLISH, key, self.number), value])

    def put_stats(self, id: str, value: bytes) -> None:
        """Publish statistics, which may be lost; the newest follow each SYNC."""
        key = f"stats/{self.kind}/{id}"
        if value:
            self._stats[key] = value
        else:
            self._stats.pop(key, None)
        self._send([self._header(Kind.PUBLISH, key, 0), value])

    def put_event(self, id: str, number: int, value: bytes) -> None:
        """Publish an event under its number in the journal."""
        self._keep([self._header(Kind.PUBLISH, f"event/{self.kind}/{id}", number), value])

    def sync(self) -> None:
        """Send all states at the present number: at each registration, and when behind."""
        index, blob = make_index(self.values)
        self.behind = False
        parts = [
            blob[start : start + MAX_FRAME_BYTES]
            for start in range(0, max(1, len(blob)), MAX_FRAME_BYTES)
        ]
        self._keep([self._header(Kind.SYNC, f"state/{self.kind}/", self.number), index, *parts])
        for key, value in self._stats.items():
            self._send([self._header(Kind.PUBLISH, key, 0), value])

    def catch_up(self) -> None:
        """Make up for what could not be sent, if there is any."""
        if self.behind:
            self.sync()

    def _header(self, kind: Kind, key: str, number: int) -> bytes:
        return encode_header(
            Header(
                version=1, kind=kind, route=self.route, name=key, number=number, epoch=self.epoch
            )
        )


def feeds_of(route: str, epoch: int, send: Send, keep: Keep) -> dict[str, Feed]:
    """A feed for each kind that is published, by kind."""
    return {kind: Feed(route, kind, epoch, send, keep) for kind in RECORDS}


class DomainTable:
    """The domains of one route, by UUID, name and id; each change is published at once."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._records: dict[UUID, DomainRecord] = {}
        self._packed: dict[UUID, bytes] = {}
        self._names: dict[str, UUID] = {}

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[DomainRecord]:
        return iter(self._records.values())

    def __contains__(self, uuid: UUID) -> bool:
        return uuid in self._records

    def put(self, record: DomainRecord) -> None:
        """Add or replace a record; raises AlreadyExists if another domain has its name."""
        holder = self._names.get(record.name)
        if holder is not None and holder != record.uuid:
            raise AlreadyExists(
                f"domain {record.name!r} exists with UUID {holder}; choose another name",
                kind="domain",
                name=record.name,
            )
        before = self._records.get(record.uuid)
        if before == record:
            return
        if before is not None and before.name != record.name:
            del self._names[before.name]
        packed = encode_body(record)
        self._records[record.uuid] = record
        self._packed[record.uuid] = packed
        self._names[record.name] = record.uuid
        self._feed.put(str(record.uuid), packed)

    def remove(self, uuid: UUID) -> None:
        """Forget a domain; does nothing if it is not there."""
        record = self._records.pop(uuid, None)
        if record is not None:
            del self._names[record.name]
            del self._packed[uuid]
            self._feed.put(str(uuid), b"")
            self._feed.put_stats(str(uuid), b"")

    def get(self, uuid: UUID) -> DomainRecord:
        """The record of a UUID; raises NoSuchDomain."""
        record = self._records.get(uuid)
        if record is None:
            raise NoSuchDomain(f"no domain with UUID {uuid}", domain=str(uuid))
        return record

    def holder_of(self, name: str) -> UUID | None:
        """The UUID of the domain that has a name, if one has it."""
        return self._names.get(name)

    def by_name(self, name: str) -> DomainRecord:
        """The record of a name; raises NoSuchDomain."""
        uuid = self._names.get(name)
        if uuid is None:
            raise NoSuchDomain(f"no domain with name {name!r}", domain=name)
        return self._records[uuid]

    def by_id(self, number: int) -> DomainRecord:
        """The record of an active domain's id; raises NoSuchDomain."""
        for record in self._records.values():
            if record.id == number and number >= 0:
                return record
        raise NoSuchDomain(f"no active domain with id {number}", domain=str(number))

    def packed(self, uuid: UUID) -> bytes:
        """A record as it was published."""
        return self._packed[uuid]

    def publish_stats(self, stats: DomainStats) -> None:
        """Publish a domain's statistics, if it is still there."""
        if stats.uuid in self._records:
            self._feed.put_stats(str(stats.uuid), encode_body(stats))
