"""Last values of `state/` and `stats/` keys, by route; what READ and SNAPSHOT are answered from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from .access import kind_of
from .peers import Part
from .snapshots import snapshot_frames

MAX_VALUES = 200_000
MAX_VALUES_BYTES = 512 * 1024 * 1024
MAX_SNAPSHOTS = 8


class Value(NamedTuple):
    """A value as it was published, and the number it came with."""

    number: int
    epoch: int
    body: bytes


@dataclass(slots=True)
class KindStates:
    """How far the states of one kind have come: the newest's number, and whether all are known."""

    number: int = 0
    complete: bool = False


@dataclass(slots=True)
class RouteValues:
    """The values of one route in one epoch, and how far each kind of them has come.

    `snapshots` are the frames made of them since the last change, by key prefix.
    """

    epoch: int = 0
    kinds: dict[str, KindStates] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    snapshots: dict[str, list[Part]] = field(default_factory=dict)


class Snapshot(NamedTuple):
    """All values under a key prefix, as frames, at the number that their kind has reached."""

    number: int
    epoch: int
    frames: list[Part]


class Cache:
    """Bounded by count and bytes: what does not fit is left out, and its kind is not complete."""

    def __init__(
        self, max_values: int = MAX_VALUES, max_values_bytes: int = MAX_VALUES_BYTES
    ) -> None:
        self._max_values = max_values
        self._max_bytes = max_values_bytes
        self._routes: dict[str, RouteValues] = {}
        self.count = 0
        self.bytes = 0

    def read(self, route: str, key: str) -> Value | None:
        """The last value of a key."""
        values = self._routes.get(route)
        return None if values is None else values.values.get(key)

    def route(self, route: str) -> RouteValues | None:
        """What is known of a route."""
        return self._routes.get(route)

    def routes(self) -> list[str]:
        """The routes that something is known of."""
        return list(self._routes)

    def store(self, route: str, key: str, value: Value) -> bool:
        """Keep a published value (an empty one takes the key out); False if it does not fit."""
        known = self._in_epoch(route, value.epoch)
        fits = self._put(known, key, value)
        if key.startswith("state/"):
            states = known.kinds.setdefault(kind_of(key), KindStates())
            states.number = value.number
            states.complete = states.complete and fits
        return fits

    def sync(
        self, route: str, prefix: str, epoch: int, number: int, bodies: dict[str, bytes]
    ) -> bool:
        """Put all states of a kind in the place of those known; False if not all fit.

        `prefix` is what their keys begin with: `state/KIND/`.
        """
        known = self._in_epoch(route, epoch)
        for key in [key for key in known.values if key.startswith(prefix)]:
            self._take_out(known, key)
        known.snapshots.clear()
        fits = [self._put(known, key, Value(number, epoch, body)) for key, body in bodies.items()]
        known.kinds[kind_of(prefix)] = KindStates(number, complete=all(fits))
        return all(fits)

    def drop(self, route: str) -> None:
        """Forget a route."""
        known = self._routes.pop(route, None)
        if known is not None:
            self.count -= len(known.values)
            self.bytes -= sum(len(value.body) for value in known.values.values())

    def snapshot(self, route: str, prefix: str) -> Snapshot | None:
        """All values whose key begins with the prefix; None while not all of its kind are known.

        Many who ask at once share the same frames, in libzmq's queues too. Raises InvalidArgument
        if the values do not fit a message.
        """
        known = self._routes.get(route)
        states = known.kinds.get(kind_of(prefix)) if known is not None else None
        if known is None or states is None or not states.complete:
            return None
        frames = known.snapshots.get(prefix)
        if frames is None:
            chosen = {k: value.body for k, value in known.values.items() if k.startswith(prefix)}
            if len(known.snapshots) >= MAX_SNAPSHOTS:
                known.snapshots.clear()
            frames = known.snapshots[prefix] = snapshot_frames(chosen)
        return Snapshot(states.number, known.epoch, frames)

    def _in_epoch(self, route: str, epoch: int) -> RouteValues:
        """What is known of a route; what was of another epoch is forgotten."""
        known = self._routes.get(route)
        if known is None or known.epoch != epoch:
            self.drop(route)
            known = self._routes[route] = RouteValues(epoch)
        return known

    def _put(self, known: RouteValues, key: str, value: Value) -> bool:
        """Put the value in the place of the key's old one; an empty one is none."""
        known.snapshots.clear()
        self._take_out(known, key)
        if not value.body:
            return True
        if self.count >= self._max_values or self.bytes + len(value.body) > self._max_bytes:
            return False
        known.values[key] = value
        self.count += 1
        self.bytes += len(value.body)
        return True

    def _take_out(self, known: RouteValues, key: str) -> None:
        old = known.values.pop(key, None)
        if old is not None:
            self.count -= 1
            self.bytes -= len(old.body)
