"""What a user writes; type checkers are held to what it says (see test_typing.py)."""

import asyncio
from typing import assert_type
from uuid import UUID

import virtbus
from virtbus.operations import domain as operations
from virtbus.operations.records import DomainRecord, DomainStats


def blocking(uuid: UUID) -> None:
    """The blocking API."""
    with virtbus.connect("qemu:///system", deadline_s=5.0) as conn:
        assert_type(conn.list_domains(active=True), list[virtbus.Domain])
        domain = conn.define_domain("<domain/>")
        assert_type(domain, virtbus.Domain)
        assert_type(domain.start(paused=True), virtbus.Domain)
        assert_type(domain.get_record(), DomainRecord)
        assert_type(domain.get_xml(inactive=True), str)
        assert_type(domain.get_metadata(operations.MetadataKind.TITLE), str | None)
        assert_type(conn.get_all_domain_stats(), list[DomainStats])
        assert_type(conn.call(operations.GetState(domain=uuid)), operations.DomainState)
        assert_type(domain.open_console().read(timeout_s=1.0), bytes)
        with conn.live_domains() as live:
            assert_type(live["web"], virtbus.Domain)
        for item in conn.events(timeout_s=1.0):
            if isinstance(item, virtbus.EventsLost):
                assert_type(item.count, int | None)
        domain.set_autostart()  # type: ignore[call-arg]  # what is required must be said
        domain.rename(3)  # type: ignore[arg-type]  # a name is text
        domain.shutdown(1.0)  # type: ignore[call-arg]  # deadlines are named


async def awaited() -> None:
    """The same for asyncio."""
    async with await virtbus.aio.connect("qemu:///system") as conn:
        domain = await conn.lookup_domain(name="web")
        assert_type(domain, virtbus.aio.Domain)
        assert_type(await domain.get_state(deadline_s=1.0), operations.DomainState)
        async for item in conn.events():
            assert_type(item, virtbus.aio.EventItem)
        async for data in await domain.open_console():
            assert_type(data, bytes)


if __name__ == "__main__":
    blocking(UUID(int=0))
    asyncio.run(awaited())
