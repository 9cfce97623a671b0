"""One domain, as an object to call operations on."""

from __future__ import annotations

from typing import Self

from ._domain_operations import DomainOperations


class Domain(DomainOperations):
    """A domain of a connection.

    `record` is what was last heard of it, by the call that gave this object or by `refresh` and
    by operations that answer with it; it does not change by itself (see `live_domains`).
    Two objects are equal if they are the same domain, whatever their records.
    """

    __slots__ = ()

    @property
    def name(self) -> str:
        """The domain's name as last heard."""
        return self.record.name

    async def refresh(self, *, deadline_s: float | None = None) -> Self:
        """Read the record again; on return `record` is as last published."""
        await self.get_record(deadline_s=deadline_s)
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Domain):
            return NotImplemented
        return self.uuid == other.uuid and self._caller.route == other._caller.route

    def __hash__(self) -> int:
        return hash(self.record.uuid)

    def __repr__(self) -> str:
        return f"<Domain {self.name} {self.uuid} {self.record.state}>"
