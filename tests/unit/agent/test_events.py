"""The journal of events: numbers without gaps, order, replay, what is lost is counted."""

from pathlib import Path
from uuid import UUID, uuid4

from tests.unit.agent.loop import run
from tests.unit.agent.runtime import Sent, make_host
from virtbus.agent.builtin import BuiltIn
from virtbus.agent.events import EventJournal
from virtbus.agent.publish import Feed
from virtbus.agent.store import Store
from virtbus.operations import event
from virtbus.operations.event import DomainReboot, EventList
from virtbus.wire.frames import decode_body

ONE = UUID(int=1)


def reboot(name: str = "a") -> DomainReboot:
    return DomainReboot(uuid=ONE, name=name)


async def replay(host: object, after: int, limit: int = 1000, kind: str = "domain") -> EventList:
    request = event.Replay(after=after, limit=limit, kind=kind)
    packed = await BuiltIn(host, None).replay(request)  # type: ignore[arg-type]  # facts are not asked for
    return decode_body(packed.body, EventList)


def test_events_are_published_in_order_and_replayed_as_they_were(tmp_path: Path) -> None:
    async def work() -> None:
        store, sent = Store(tmp_path / "s.sqlite"), Sent()
        host = make_host(tmp_path, store, sent)
        await host.journals["domain"].open()
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
                await host.journals["domain"].open()
            for _ in range(3):
                await one.emit(reboot())
            await other.emit(reboot("other"))
            numbers = [header.number for header, _, _ in sent.named("event/")]
            assert numbers == [start + 1, start + 2, start + 3]
            assert all(each.name == "other" for each in (await replay(other, 0)).events)
            await store.close()

    run(work())


def test_each_kind_has_its_own_numbers_journal_and_trimming(tmp_path: Path) -> None:
    async def work() -> None:
        for start in (0, 150):
            store, sent = Store(tmp_path / "s.sqlite"), Sent()
            host = make_host(tmp_path, store, sent, events_kept=100)
            networks = EventJournal(
                store, Feed(host.route, "network", 1, sent.send, sent.keep), 100, host.log
            )
            host.journals["network"] = networks
            for journal in host.journals.values():
                await journal.open()
            for number in range(150):
                await networks.emit(reboot(f"network {number}"))
                if number % 50 == 0:
                    await host.emit(reboot(f"domain {number}"))
            last = start // 50 + 3
            assert [h.number for h, _, _ in sent.named("event/domain/")] == [
                last - 2,
                last - 1,
                last,
            ]
            numbers = [h.number for h, _, _ in sent.named("event/network/")]
            assert numbers == list(range(start + 1, start + 151))
            found = await replay(host, 0)
            assert [each.number for each in found.events] == list(range(1, last + 1))
            assert (found.newest, found.lost) == (last, 0)
            assert all(each.name.startswith("domain") for each in found.events)
            other = await replay(host, start, kind="network")
            assert (other.newest, other.events[-1].name) == (start + 150, "network 149")
            assert other.lost == other.events[0].number - 1 - start
            await store.close()

    run(work())


def test_what_was_trimmed_is_counted_as_lost(tmp_path: Path) -> None:
    async def work() -> None:
        store = Store(None)
        host = make_host(tmp_path, store, Sent(), events_kept=100)
        await host.journals["domain"].open()
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
        await host.journals["domain"].open()
        await store.write(("ALTER TABLE event RENAME TO away", ()))
        await host.emit(reboot())
        assert len(sent.named("event/")) == 1
        assert "events are not kept" in host.all_problems()[0]
        await store.write(("ALTER TABLE away RENAME TO event", ()))
        await host.emit(DomainReboot(uuid=uuid4(), name="b"))
        assert host.all_problems() == ()
        await store.close()

    run(work())
