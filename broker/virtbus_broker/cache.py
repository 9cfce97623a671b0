"""Last values of `state/` and `stats/` keys, by route; what READ and SNAPSHOT are answered from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

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
class RouteValues:
    """The values of one route in one epoch; `number` is that of the newest state.

    `snapshots` are the frames made of them since the last change, by key prefix.
    """

    epoch: int = 0
    number: int = 0
    complete: bool = False
    values: dict[str, Value] = field(default_factory=dict)
    snapshots: dict[str, list[Part]] = field(default_factory=dict)


class Cache:
    """Bounded by count and bytes: what does not fit is left out, and its route is not complete."""

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
        known = self._routes.get(route)
        if known is None or known.epoch != value.epoch:
            self.drop(route)
            known = self._routes[route] = RouteValues(value.epoch)
        is_state = key.startswith("state/")
        if is_state:
            known.number = value.number
        if not self._put(known, key, value):
            known.complete = known.complete and not is_state
            return False
        return True

    def sync(self, route: str, epoch: int, number: int, bodies: dict[str, bytes]) -> bool:
        """Put every state value of a route in the place of those known; False if not all fit."""
        known = self._routes.get(route)
        if known is None or known.epoch != epoch:
            self.drop(route)
            known = self._routes[route] = RouteValues(epoch)
        for key in [key for key in known.values if key.startswith("state/")]:
            self._take_out(known, key)
        known.snapshots.clear()
        known.number = number
        known.complete = True
        for key, body in bodies.items():
            if not self._put(known, key, Value(number, epoch, body)):
                known.complete = False
        return known.complete

    def drop(self, route: str) -> None:
        """Forget a route."""
        known = self._routes.pop(route, None)
        if known is not None:
            self.count -= len(known.values)
            self.bytes -= sum(len(value.body) for value in known.values.values())

    def snapshot(self, route: str, prefix: str) -> tuple[RouteValues, list[Part]] | None:
        """All values whose key begins with the prefix, as frames; None while not all are known.

        Many who ask at once share the same frames, in libzmq's queues too. Raises InvalidArgument
        if the values do not fit a message.
        """
        known = self._routes.get(route)
        if known is None or not known.complete:
            return None
        frames = known.snapshots.get(prefix)
        if frames is None:
            chosen = {k: value.body for k, value in known.values.items() if k.startswith(prefix)}
            if len(known.snapshots) >= MAX_SNAPSHOTS:
                known.snapshots.clear()
            frames = known.snapshots[prefix] = snapshot_frames(chosen)
        return known, frames

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
