"""What happens to agents, and what their callers and subscribers see of it."""

import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.peers.bus import Bus, retried, wait_for
from tests.peers.client import DEADLINE_S
from tests.peers.slow import SlowBus
from tests.peers.slow_agent import ROUTE, document
from virtbus import connect
from virtbus.errors import AgentGone, DeadlineExceeded, Interrupted, NoSuchDomain, StoreFailed
from virtbus.operations import agent, domain, event
from virtbus.operations.records import State

TEST = "test:///default"


@pytest.fixture
def bus() -> Iterator[SlowBus]:
    with SlowBus() as bus:
        yield bus


def test_a_killed_agent_restarts_with_all_it_had(bus: SlowBus) -> None:
    kept, changing = bus.define(0.0), bus.define(30.0)
    before = bus.asker.call(ROUTE, agent.GetStatus())
    done = bus.asker.send_request(ROUTE, domain.SetAutostart(domain=kept, autostart=True))
    bus.asker.answer(done, timeout_s=DEADLINE_S)
    request = domain.Start(domain=changing)
    cut_off = bus.asker.send_request(ROUTE, request, deadline_s=60.0)
    wait_for(lambda: bus.effects("start", changing), "the change has begun")

    bus.agent.kill()
    with pytest.raises(AgentGone):
        bus.asker.answer(cut_off, timeout_s=1.0)
    bus.agent = bus.start_slow()

    after = bus.asker.call(ROUTE, agent.GetStatus())
    assert after.epoch > before.epoch
    record = bus.asker.call(ROUTE, domain.GetRecord(domain=kept))
    assert (record.autostart, record.state) == (True, State.SHUTOFF)
    bus.asker.send_request(ROUTE, request, id=cut_off)
    with pytest.raises(Interrupted) as caught:
        bus.asker.answer(cut_off, timeout_s=DEADLINE_S)
    assert caught.value.details["operation"] == "domain.start"
    assert bus.effects("start", changing) == 1
    bus.asker.call(ROUTE, domain.SetAutostart(domain=kept, autostart=False))
    bus.asker.send_request(ROUTE, domain.SetAutostart(domain=kept, autostart=True), id=done)
    bus.asker.answer(done, timeout_s=DEADLINE_S)
    assert not bus.asker.call(ROUTE, domain.GetRecord(domain=kept)).autostart, "not done again"
    numbers = [each.number for each in bus.asker.call(ROUTE, event.Replay(after=0)).events]
    bus.define(0.0)
    later = bus.asker.call(ROUTE, event.Replay(after=numbers[-1])).events
    assert numbers + [each.number for each in later] == list(range(1, len(numbers) + 2))


def test_calls_in_flight_survive_the_broker(bus: SlowBus) -> None:
    uuids = [bus.define(0.5) for _ in range(20)]
    first_event = bus.asker.call(ROUTE, event.Replay(after=0)).newest + 1
    ids = {uuid: bus.asker.send_request(ROUTE, domain.Start(domain=uuid)) for uuid in uuids}
    wait_for(lambda: all(bus.effects("start", uuid) for uuid in uuids), "all have begun")
    bus.broker.kill()
    bus.broker = bus.start_broker()
    bus.wait_for_routes(bus.agent, ROUTE)
    for uuid, id in ids.items():
        request = domain.Start(domain=uuid)
        bus.asker.send_request(ROUTE, request, id=id)
        assert bus.asker.outcome(id, request, timeout_s=DEADLINE_S).state is State.RUNNING
    assert [bus.effects("start", uuid) for uuid in uuids] == [1] * 20
    events = bus.asker.call(ROUTE, event.Replay(after=first_event - 1)).events
    assert {each.uuid for each in events} == set(uuids)
    assert len(bus.asker.snapshot(ROUTE, "state/domain/")) == 20


def test_a_new_broker_has_states_and_statistics_of_an_agent_that_ran_on(bus: SlowBus) -> None:
    running = bus.start_agent("virtbus_test", routes=[TEST])
    bus.asker.call(TEST, domain.GetAllStats())
    bus.broker.kill()
    bus.broker = bus.start_broker()
    bus.wait_for_routes(running, TEST)
    assert len(bus.asker.snapshot(TEST, "state/domain/")) == 1
    wait_for(lambda: bus.asker.snapshot(TEST, "stats/domain/"), "statistics are there again")


def test_a_frozen_agent_delays_nobody_else_and_its_callers_hear_by_their_deadline(
    bus: SlowBus,
) -> None:
    bus.start_agent("virtbus_test", routes=[TEST])
    bus.agent.freeze()
    with (
        connect(ROUTE, endpoint=str(bus.run_dir)) as frozen,
        connect(TEST, endpoint=str(bus.run_dir)) as other,
    ):
        other.list_domains()
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            frozen.list_domains(deadline_s=0.7)
        assert 0.6 < time.monotonic() - started < 1.0
        took_s = []
        for _ in range(50):
            started = time.monotonic()
            other.list_domains()
            took_s.append(time.monotonic() - started)
        assert sorted(took_s)[45] < 0.05
        bus.agent.thaw()
        assert frozen.list_domains() == []


def test_two_agents_on_one_store(bus: SlowBus) -> None:
    second = bus.start("second", [*_python(), "tests.peers.slow_agent"])
    assert second.wait() == 1
    assert f"in use by the agent with pid {bus.agent.pid}" in second.log
    bus.asker.call(ROUTE, domain.ListDomains())


def test_two_agents_for_one_route(bus: SlowBus) -> None:
    elsewhere = {"VIRTBUS_STATE_DIR": str(bus.directory / "elsewhere")}
    second = bus.start("second", [*_python(), "tests.peers.slow_agent"], elsewhere)
    wait_for(lambda: "refuses this agent" in second.log, "the second is refused")
    assert bus.asker.call(ROUTE, agent.GetStatus()).pid == bus.agent.pid
    assert bus.agent.stop() == 0
    wait_for(
        lambda: retried(lambda: bus.asker.call(ROUTE, agent.GetStatus())).pid == second.pid,
        "the second takes over",
    )


def test_a_full_disk_changes_nothing_and_loses_nothing(bus: SlowBus) -> None:
    uuid = bus.define(0.0, running=True)
    other = uuid4()
    before = bus.asker.call(ROUTE, domain.GetXml(domain=uuid, inactive=True)).xml
    with _full(bus):
        with pytest.raises(StoreFailed) as caught:
            bus.asker.call(ROUTE, domain.Define(xml=document("other", other)))
        assert "disk space" in caught.value.message
        assert str(caught.value.details["path"]).endswith("slow.sqlite")
        listed = bus.asker.call(ROUTE, domain.ListDomains()).domains
        assert [each.uuid for each in listed] == [uuid]
        assert bus.asker.call(ROUTE, domain.GetXml(domain=uuid, inactive=True)).xml == before
        bus.asker.call(ROUTE, domain.Destroy(domain=uuid))
        assert bus.asker.call(ROUTE, domain.GetState(domain=uuid)).state is State.SHUTOFF
        assert "events are not kept" in bus.asker.call(ROUTE, agent.GetStatus()).problems[0]
    bus.asker.call(ROUTE, domain.Define(xml=document("other", other)))
    assert bus.asker.call(ROUTE, agent.GetStatus()).problems == ()
    bus.agent.kill()
    bus.agent = bus.start_slow()
    listed = bus.asker.call(ROUTE, domain.ListDomains()).domains
    assert {each.uuid for each in listed} == {uuid, other}


class _full:  # noqa: N801  # reads as a statement
    """No file of the agent may grow: to it, the disk is full."""

    def __init__(self, bus: SlowBus) -> None:
        self._pid = bus.agent.pid
        self._before = resource.prlimit(self._pid, resource.RLIMIT_FSIZE)

    def __enter__(self) -> None:
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (1, self._before[1]))

    def __exit__(self, *_: object) -> None:
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, self._before)


@pytest.mark.parametrize("jump", ["+7200", "-7200"])
def test_a_clock_that_jumps(jump: str, require_peer: Callable[..., None]) -> None:
    """libfaketime moves the agent's wall clock, and not the monotonic ones, while it runs."""
    library = Path("/usr/lib", f"{os.uname().machine}-linux-gnu", "faketime/libfaketime.so.1")
    require_peer("libfaketime", "install libfaketime", present=library.exists())
    with SlowBus() as bus:
        bus.agent.stop()
        clock = bus.directory / "clock"
        clock.write_text("+0")
        bus.environment |= {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        bus.agent = bus.start_slow()
        uuid, waiting = bus.define(0.0), bus.define(1.0)
        once = bus.asker.send_request(ROUTE, domain.SetAutostart(domain=uuid, autostart=True))
        bus.asker.answer(once, timeout_s=DEADLINE_S)
        held = bus.asker.send_request(ROUTE, domain.Start(domain=waiting), deadline_s=30.0)
        wait_for(lambda: bus.effects("start", waiting), "the change has begun")

        clock.write_text(jump)
        started = time.monotonic()
        wall_ms = int(time.time() * 1000)
        bus.asker.answer(held, timeout_s=3.0)
        assert time.monotonic() - started < 2.0
        for _ in range(600):  # the journal is trimmed every 500
            with pytest.raises(NoSuchDomain):
                bus.asker.call(ROUTE, domain.Destroy(domain=uuid4()))
        bus.asker.call(ROUTE, domain.SetAutostart(domain=uuid, autostart=False))
        bus.asker.send_request(ROUTE, domain.SetAutostart(domain=uuid, autostart=True), id=once)
        bus.asker.answer(once, timeout_s=DEADLINE_S)
        assert not bus.asker.call(ROUTE, domain.GetRecord(domain=uuid)).autostart, "not done again"
        last = bus.asker.call(ROUTE, event.Replay(after=0)).events[-1]
        assert abs(last.time_ms - wall_ms - int(jump) * 1000) < 60_000, "the clock has jumped"
        epoch = bus.asker.call(ROUTE, agent.GetStatus()).epoch
        bus.agent.kill()
        bus.agent = bus.start_slow()
        assert bus.asker.call(ROUTE, agent.GetStatus()).epoch > epoch


def test_routes_that_cannot_be_opened_leave_nothing_behind(bus: Bus) -> None:
    agent_process = bus.start_agent("virtbus_test", routes=[TEST])
    client = bus.client(readonly=True)
    threads = len(os.listdir(f"/proc/{agent_process.pid}/task"))
    for number in range(150):
        with pytest.raises(Exception, match="give the path of a file"):
            client.call(f"test:///nowhere/{number}.xml", domain.ListDomains())
    assert len(os.listdir(f"/proc/{agent_process.pid}/task")) == threads
    file = bus.directory / "some.xml"
    file.write_text("<domain type='test'><name>x</name></domain>")
    for _ in range(2):
        with pytest.raises(Exception, match="os"):
            client.call(f"test://{file}", domain.ListDomains())
    file.write_text(
        "<domain type='test'><name>x</name><memory>1024</memory><os><type>hvm</type></os></domain>"
    )
    (listed,) = client.call(f"test://{file}", domain.ListDomains()).domains
    assert listed.name == "x"


def test_an_orderly_end_within_bounds(bus: SlowBus) -> None:
    uuid = bus.define(60.0)
    id = bus.asker.send_request(ROUTE, domain.Start(domain=uuid), deadline_s=60.0)
    wait_for(lambda: bus.effects("start", uuid), "the change has begun")
    started = time.monotonic()
    assert bus.agent.stop() == 0
    assert time.monotonic() - started < 2.0
    with pytest.raises(AgentGone):
        bus.asker.answer(id, timeout_s=1.0)
    assert "Traceback" not in bus.agent.log
    assert "never retrieved" not in bus.agent.log


def _python() -> list[str]:
    return [sys.executable, "-m"]
