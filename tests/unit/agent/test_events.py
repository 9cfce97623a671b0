"""The journal of events: numbers without gaps, order, replay, what is lost is counted."""

from pathlib import Path
from uuid import UUID, uuid4

from tests.unit.agent.loop import run
from tests.unit.agent.runtime import Sent, make_host
from virtbus.agent.builtin import BuiltIn
from virtbus.agent.store import Store
from virtbus.operations import event
from virtbus.operations.event import DomainReboot, EventList
from virtbus.wire.frames import decode_body

ONE = UUID(int=1)


def reboot(name: str = "a") -> DomainReboot:
    return DomainReboot(uuid=ONE, name=name)


async def replay(host: object, after: int, limit: int = 1000) -> EventList:
    packed = await BuiltIn(host, None).replay(event.Replay(after=after, limit=limit))  # type: ignore[arg-type]  # facts are not asked for
    return decode_body(packed.body, EventList)


def test_events_are_published_in_order_and_replayed_as_they_were(tmp_path: Path) -> None:
    async def work() -> None:
        store, sent = Store(tmp_path / "s.sqlite"), Sent()
        host = make_host(tmp_path, store, sent)
        await host.events.open()
        slow = store.run(lambda _: None, durable=True)
        told = [host.emit(reboot(str(number))) for number in range(50)]
        for each in told:
            await each
        await slow
        published = sent.named("event/")
        assert [header.number for header, _, _ in published] == list(range(1, 51))
        found = await replay(host, 0)
        assert [each.name for each in found.events] == [str(number) for number in range(50)]
        assert (found.newest, found.lost) == (50, 0)
        part = await replay(host, 10, limit=5)
        assert [each.number for each in part.events] == [11, 12, 13, 14, 15]
        nothing = await replay(host, 50)
        assert (nothing.events, nothing.newest, nothing.lost) == ((), 50, 0)
        await store.close()

    run(work())


def test_numbers_go_on_after_a_restart_and_routes_have_their_own(tmp_path: Path) -> None:
    async def work() -> None:
        for start in (0, 3):
            store, sent = Store(tmp_path / "s.sqlite"), Sent()
            one = make_host(tmp_path, store, sent)
            other = make_host(tmp_path, store, Sent(), route="test:///other")
            for host in (one, other):
                await host.events.open()
            for _ in range(3):
                await one.emit(reboot())
            await other.emit(reboot("other"))
            numbers = [header.number for header, _, _ in sent.named("event/")]
            assert numbers == [start + 1, start + 2, start + 3]
            assert all(each.name == "other" for each in (await replay(other, 0)).events)
            await store.close()

    run(work())


def test_what_was_trimmed_is_counted_as_lost(tmp_path: Path) -> None:
    async def work() -> None:
        store = Store(None)
        host = make_host(tmp_path, store, Sent(), events_kept=100)
        await host.events.open()
        for _ in range(450):
            await host.emit(reboot())
        found = await replay(host, 20)
        first = found.events[0].number
        assert found.lost == first - 21 > 0
        assert found.newest == found.events[-1].number == 450
        assert 100 <= len(found.events) < 100 + 250
        await store.close()

    run(work())


def test_events_are_told_although_the_store_fails(tmp_path: Path) -> None:
    async def work() -> None:
        store, sent = Store(None), Sent()
        host = make_host(tmp_path, store, sent)
        await host.events.open()
        await store.write(("ALTER TABLE event RENAME TO away", ()))
        await host.emit(reboot())
        assert len(sent.named("event/")) == 1
        assert "events are not kept" in host.all_problems()[0]
        await store.write(("ALTER TABLE away RENAME TO event", ()))
        await host.emit(DomainReboot(uuid=uuid4(), name="b"))
        assert host.all_problems() == ()
        await store.close()

    run(work())
