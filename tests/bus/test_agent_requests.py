"""Deadlines, cancels, slots and ids, on an agent that takes its time."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.peers.bus import wait_for
from tests.peers.slow import SlowBus
from tests.peers.slow_agent import ROUTE, document
from virtbus.errors import (
    Busy,
    Cancelled,
    DeadlineExceeded,
    InternalError,
    InvalidArgument,
    InvalidDocument,
)
from virtbus.operations import Request, agent, domain, event
from virtbus.operations.records import State


@pytest.fixture(scope="module")
def shared() -> Iterator[SlowBus]:
    with SlowBus() as bus:
        yield bus


@pytest.fixture
def bus(shared: SlowBus) -> Iterator[SlowBus]:
    yield shared
    shared.print_logs()


def test_a_slot_held_until_the_deadline_is_busy_by_name(bus: SlowBus) -> None:
    uuid = bus.define(20.0, running=True)
    holder = bus.asker.send_request(ROUTE, domain.Suspend(domain=uuid), deadline_s=30.0)
    other = bus.client()
    started = time.monotonic()
    name = bus.asker.call(ROUTE, domain.GetRecord(domain=uuid)).name
    requests: list[Request[Any]] = [
        domain.Suspend(domain=uuid),
        domain.Define(xml=document(name, uuid)),
    ]
    for request in requests:
        with pytest.raises(Busy) as caught:
            other.call(ROUTE, request, deadline_s=0.5)
        details = caught.value.details
        assert (details["operation"], details["request_id"]) == ("domain.suspend", holder.hex())
        assert str(details["owner"]).startswith("uid=")
        assert holder.hex() in caught.value.message
        assert 25_000 < float(str(details["deadline_ms"])) - time.time() * 1000 < 30_000
    assert time.monotonic() - started < 2.0
    assert other.call(ROUTE, agent.CancelRequest(request_id=holder.hex())) is True
    with pytest.raises(Cancelled):
        bus.asker.answer(holder, timeout_s=2.0)
    assert bus.asker.call(ROUTE, agent.GetStatus()).slots == ()


def test_changes_are_made_in_order_of_arrival_and_one_at_a_time(bus: SlowBus) -> None:
    uuid = bus.define(0.2, running=True)
    clients = [bus.client() for _ in range(3)]
    started = time.monotonic()
    first = clients[0].send_request(ROUTE, domain.Suspend(domain=uuid))
    wait_for(lambda: bus.effects("suspend", uuid), "the first has begun")
    title = domain.SetMetadata(domain=uuid, kind=domain.MetadataKind.DESCRIPTION, text="1")
    second = clients[1].send_request(ROUTE, domain.Suspend(domain=uuid))
    wait_for(
        lambda: bus.asker.call(ROUTE, agent.GetStatus()).slots[0].waiting == 1, "one is in line"
    )
    third = clients[2].send_request(ROUTE, title)
    clients[2].answer(third, timeout_s=5.0)
    assert time.monotonic() - started > 0.35, "the third came after the first two"
    for client, id in ((clients[0], first), (clients[1], second)):
        client.answer(id, timeout_s=0.5)


def test_reads_and_force_do_not_wait_for_a_change(bus: SlowBus) -> None:
    uuid = bus.define(20.0, running=True)
    held = bus.asker.send_request(ROUTE, domain.Suspend(domain=uuid))
    wait_for(lambda: bus.effects("suspend", uuid), "the change has begun")
    other = bus.client()
    started = time.monotonic()
    other.call(ROUTE, domain.GetXml(domain=uuid))
    other.call(ROUTE, domain.Destroy(domain=uuid))
    assert time.monotonic() - started < 0.5
    bus.asker.cancel(held)
    with pytest.raises(Cancelled):
        bus.asker.answer(held, timeout_s=2.0)


def test_the_agent_answers_before_the_caller_gives_up(bus: SlowBus) -> None:
    uuid = bus.define(20.0, running=True)
    for request in (domain.Suspend(domain=uuid), domain.GetInfo(domain=uuid)):
        id = bus.asker.send_request(ROUTE, request, deadline_s=0.6)
        with pytest.raises(DeadlineExceeded) as caught:
            bus.asker.answer(id, timeout_s=0.6)
        assert caught.value.details["operation"]


def test_a_cancel_right_behind_its_request_is_honoured(bus: SlowBus) -> None:
    uuid = bus.define(5.0, running=True)
    for _ in range(20):
        id = bus.asker.send_request(ROUTE, domain.Suspend(domain=uuid))
        bus.asker.cancel(id)
        bus.asker.cancel(id)
        with pytest.raises(Cancelled):
            bus.asker.answer(id, timeout_s=2.0)
    assert bus.asker.call(ROUTE, agent.GetStatus()).running == 0


def test_the_same_id_while_it_runs_is_one_execution(bus: SlowBus) -> None:
    uuid = bus.define(0.5)
    request = domain.Start(domain=uuid)
    id = bus.asker.send_request(ROUTE, request)
    wait_for(lambda: bus.effects("start", uuid), "it has begun")
    bus.asker.send_request(ROUTE, request, id=id)
    assert bus.asker.outcome(id, request, timeout_s=5.0).state is State.RUNNING
    bus.asker.send_request(ROUTE, request, id=id)
    assert bus.asker.outcome(id, request, timeout_s=5.0).state is State.RUNNING
    assert bus.effects("start", uuid) == 1


def test_nobody_takes_over_a_running_request_of_another(bus: SlowBus) -> None:
    uuid = bus.define(0.5)
    request = domain.Start(domain=uuid)
    id = bus.asker.send_request(ROUTE, request)
    wait_for(lambda: bus.effects("start", uuid), "it has begun")
    other = bus.client()
    other.send_request(ROUTE, domain.Suspend(domain=uuid), id=id)
    with pytest.raises(InvalidArgument) as caught:
        other.answer(id, timeout_s=2.0)
    assert caught.value.details["field"] == "id"
    assert bus.asker.outcome(id, request, timeout_s=5.0).state is State.RUNNING


def test_a_reply_has_the_number_of_its_own_kind(bus: SlowBus) -> None:
    uuid = bus.define(0.0)
    requests: list[Request[Any]] = [
        domain.SetAutostart(domain=uuid, autostart=True),
        domain.SetAutostart(domain=uuid, autostart=False),
        agent.GetStatus(),
        event.Replay(after=0),
    ]
    told = []
    for request in requests:
        id = bus.asker.send_request(ROUTE, request)
        header = bus.asker.answer(id, timeout_s=2.0).header
        told.append((header.number, header.epoch > 0))
    first = told[0][0]
    assert first > 0
    assert told == [(first, True), (first + 1, True), (0, False), (0, False)]
    published = bus.asker.read(ROUTE, f"state/domain/{uuid}").header
    assert published.number == first + 1


def test_a_defect_is_an_answer_and_the_agent_lives(bus: SlowBus) -> None:
    uuid = bus.define(0.0, running=True)
    with pytest.raises(InternalError) as caught:
        bus.asker.call(ROUTE, domain.Reset(domain=uuid))
    assert "a defect of this driver" in caught.value.cause
    assert "Traceback" in bus.agent.log
    assert bus.asker.call(ROUTE, event.Replay(after=0)).newest > 0


def test_what_came_while_the_agent_was_frozen_and_was_given_up_is_not_done(bus: SlowBus) -> None:
    uuid = bus.define(0.0)
    bus.agent.freeze()
    ids = []
    for _ in range(100):  # more than one look at the socket takes
        ids.append(bus.asker.send_request(ROUTE, domain.Start(domain=uuid), deadline_s=0.3))
        bus.asker.cancel(ids[-1])
    time.sleep(0.4)
    bus.agent.thaw()
    wait_for(lambda: bus.asker.call(ROUTE, agent.GetStatus()).running == 0, "all is answered")
    assert bus.effects("start", uuid) == 0


LIMIT_BYTES = 8 * 1024**2


@pytest.mark.parametrize("size_bytes", [LIMIT_BYTES - 4096, LIMIT_BYTES, LIMIT_BYTES + 1])
def test_a_document_at_the_limit_and_over_it(bus: SlowBus, size_bytes: int) -> None:
    """What is taken can be read again, also when completing it made it longer."""
    uuid = bus.define(0.0)
    name = bus.asker.call(ROUTE, domain.GetRecord(domain=uuid)).name
    text = document(name, uuid).replace("</domain>", "<description></description></domain>")
    text = text.replace("<description>", f"<description>{'x' * (size_bytes - len(text))}")
    assert len(text) == size_bytes
    request = domain.Define(xml=text)
    if size_bytes > LIMIT_BYTES:
        with pytest.raises(InvalidArgument) as caught:
            bus.asker.call(ROUTE, request)
        assert caught.value.details["field"] == "xml"
    elif size_bytes == LIMIT_BYTES:
        with pytest.raises(InvalidDocument):
            bus.asker.call(ROUTE, request)
    else:
        assert bus.asker.call(ROUTE, request).uuid == uuid
    bus.asker.call(ROUTE, domain.Undefine(domain=uuid))
