"""Faults the qemu-agent and its guests must survive, on real QEMU."""

import os
import select
import signal
import threading
import time

import pytest

from tests.live.guests import SERIAL, QemuBus, wait_for_state
from tests.peers.bus import retried, wait_for
from virtbus.client.sync.domain import Domain
from virtbus.errors import Cancelled, OutcomeUnknown, RetryError, VirtbusError
from virtbus.operations.domain import MetadataKind
from virtbus.operations.event import DomainLifecycle, DomainUnresponsive, Lifecycle
from virtbus.operations.records import State

GUESTS = 20


def start_all(lab: QemuBus, count: int) -> list[Domain]:
    guests = [lab.define(f"g{number}") for number in range(count)]
    threads = [threading.Thread(target=guest.start) for guest in guests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lab.connection.list_domains(active=True)) == count
    return guests


def test_twenty_guests_outlive_the_agent(lab: QemuBus) -> None:
    guests = start_all(lab, GUESTS)
    pids = {guest.name: lab.pid(guest) for guest in guests}
    guests[1].suspend()
    guests[4].set_metadata(kind=MetadataKind.TITLE, text="kept")
    newest = lab.connection.replay_events(after=0).newest
    lab.agent.kill()
    os.kill(pids["g0"], signal.SIGKILL)
    os.kill(pids["g2"], 0)
    lab.start_agent()
    states = {domain.name: domain.get_state() for domain in lab.connection.list_domains()}
    assert states["g0"].state is State.SHUTOFF
    assert (states["g1"].state, states["g1"].reason) == (State.PAUSED, "user")
    assert all(states[f"g{n}"].state is State.RUNNING for n in range(2, GUESTS))
    assert all(lab.pid(guest) == pids[guest.name] for guest in guests[1:])
    stats = lab.connection.get_all_domain_stats(active=True)
    assert len(stats) == GUESTS - 1
    assert all(each.complete for each in stats)
    told = lab.connection.replay_events(after=newest).events
    assert [(e.name, e.late) for e in told if isinstance(e, DomainLifecycle)] == [("g0", True)]
    assert "<title>kept</title>" in guests[4].get_xml()
    guests[3].destroy()
    guests[1].resume()


def test_what_happened_while_the_agent_was_away_is_told(lab: QemuBus) -> None:
    guest = lab.define("quitter", devices="<serial type='pty'/>" + lab.boot_disk())
    guest.start(paused=True)
    tty = guest.get_xml().split("<source path='")[1].split("'")[0]
    newest = lab.connection.replay_events(after=0).newest
    with open(tty, "r+b", buffering=0) as line:
        time.sleep(1.2)  # QEMU looks each second whether somebody has its pty open
        guest.resume()
        lab.agent.kill()
        seen = b""
        while b"ready" not in seen:
            assert select.select([line], [], [], 20)[0], f"the guest is silent after {seen!r}"
            seen += line.read(64)
        line.write(b"\x10")
        time.sleep(0.5)
    lab.start_agent()
    wait_for_state(guest, State.SHUTOFF)
    assert guest.get_state().reason == "shutdown"
    told = lab.connection.replay_events(after=newest).events
    assert Lifecycle.STOPPED in [e.change for e in told if isinstance(e, DomainLifecycle)]


def test_a_stopped_qemu_holds_up_nobody_else(lab: QemuBus) -> None:
    guests = start_all(lab, 4)
    hung, other = guests[0], guests[1]
    pid = lab.pid(hung)
    os.kill(pid, signal.SIGSTOP)
    outcomes: list[VirtbusError] = []
    asked = time.monotonic()

    def stuck() -> None:
        try:
            hung.suspend(deadline_s=3.0)
        except VirtbusError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=stuck) for _ in range(25)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        started = time.monotonic()
        other.suspend()
        other.resume()
        assert time.monotonic() - started < 1.0
    answered = lab.connection.get_all_domain_stats(active=True, wait_ms=300)
    assert {each.name for each in answered if not each.complete} == {"g0"}
    for thread in threads:
        thread.join()
    assert time.monotonic() - asked < 4.0
    assert len(outcomes) == 25
    assert all(isinstance(error, OutcomeUnknown | RetryError) for error in outcomes)
    wait_for(lambda: hung.get_state().unresponsive_since_ms > 0, "its silence is published")
    os.kill(pid, signal.SIGCONT)
    wait_for(lambda: hung.get_state().unresponsive_since_ms == 0, "its voice is published")
    told = lab.connection.replay_events(after=0).events
    assert [e.responsive for e in told if isinstance(e, DomainUnresponsive)] == [False, True]


def test_destroy_ends_a_stopped_qemu_at_once(lab: QemuBus) -> None:
    (hung,) = start_all(lab, 1)
    os.kill(lab.pid(hung), signal.SIGSTOP)
    started = time.monotonic()
    hung.destroy()
    assert time.monotonic() - started < 2.0
    assert hung.get_state().reason == "destroyed"
    assert lab.pids() == []


def test_a_crash_is_an_event_at_once(lab: QemuBus) -> None:
    (guest,) = start_all(lab, 1)
    pid = lab.pid(guest)
    with lab.connection.events(timeout_s=10) as events:
        os.kill(pid, signal.SIGKILL)
        for event in events:
            if isinstance(event, DomainLifecycle) and event.change is Lifecycle.STOPPED:
                assert event.detail == "failed"
                break
        else:
            raise AssertionError("no event")
    assert guest.get_state().reason == "crashed"


def test_guests_and_their_agent_outlive_the_broker(lab: QemuBus) -> None:
    guests = start_all(lab, 3)
    pids = [lab.pid(guest) for guest in guests]
    lab.broker.kill()
    os.kill(pids[0], signal.SIGKILL)
    time.sleep(0.3)
    lab.broker = lab.bus.start_broker()
    lab.bus.wait_for_routes(lab.agent, "qemu:///system")
    assert retried(guests[0].get_state).reason == "crashed"
    assert guests[1].get_state().state is State.RUNNING
    guests[1].destroy()


def test_an_agent_killed_during_a_start_leaves_no_half_guest(lab: QemuBus) -> None:
    guests = [lab.define(f"h{number}") for number in range(8)]

    def start(guest: Domain) -> None:
        try:
            guest.start(deadline_s=5)
        except VirtbusError:
            return  # the agent was killed on purpose

    threads = [threading.Thread(target=start, args=(guest,)) for guest in guests]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    lab.agent.kill()
    for thread in threads:
        thread.join()
    lab.start_agent()
    active = [domain for domain in lab.connection.list_domains() if domain.record.active]
    wait_for(lambda: len(lab.pids()) == len(active), "no process without its domain")
    for guest in guests:
        if not guest.get_state().active:
            guest.start()
    assert len(lab.connection.list_domains(active=True)) == len(guests)


def test_destroy_ends_the_change_that_is_stuck(lab: QemuBus) -> None:
    (hung,) = start_all(lab, 1)
    os.kill(lab.pid(hung), signal.SIGSTOP)
    outcome: list[VirtbusError] = []

    def suspend() -> None:
        with pytest.raises(VirtbusError) as caught:
            hung.suspend(deadline_s=30)
        outcome.append(caught.value)

    stuck = threading.Thread(target=suspend)
    stuck.start()
    wait_for(lambda: lab.connection.get_agent_status().slots, "suspend is stuck")
    hung.destroy()
    stuck.join(2)
    assert [type(error) for error in outcome] == [Cancelled]


def test_destroy_ends_a_start_that_is_under_way(lab: QemuBus) -> None:
    guest = lab.define("slow", devices=SERIAL)
    outcome: list[VirtbusError | None] = []

    def start() -> None:
        try:
            guest.start(deadline_s=30)
        except VirtbusError as error:
            outcome.append(error)
        else:
            outcome.append(None)

    starting = threading.Thread(target=start)
    starting.start()
    wait_for(lambda: lab.connection.get_agent_status().slots or outcome, "the start is under way")
    guest.destroy()
    starting.join(5)
    assert len(outcome) == 1
    assert outcome[0] is None or isinstance(outcome[0], Cancelled)
    assert guest.get_state().state is State.SHUTOFF
    wait_for(lambda: lab.pids() == [], "its process is gone")
