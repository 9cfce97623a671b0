"""Each agent against each operation: what it lists works as declared, the rest is `Unsupported`."""

import os
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from tests.contract.cases import CASES
from tests.contract.harness import UnderTest
from virtbus.errors import (
    Busy,
    Cancelled,
    DeadlineExceeded,
    InvalidArgument,
    NoSuchDomain,
    NotAllowed,
    Overloaded,
    Unsupported,
    VirtbusError,
)
from virtbus.operations import CATALOGUE, Effect, Operation, Request
from virtbus.wire.frames import encode_body, pack

GENERIC = {InvalidArgument, Overloaded, Busy, DeadlineExceeded, Cancelled}
each_operation = pytest.mark.parametrize("operation", CATALOGUE.values(), ids=list(CATALOGUE))


def supported(agent: UnderTest, operation: Operation) -> None:
    if operation.name not in agent.hello.operations:
        pytest.skip("not supported, which test_it_does_what_it_says shows")
    if operation.name in agent.harness.cannot:
        pytest.skip(agent.harness.cannot[operation.name])


def sample(operation: Operation) -> dict[str, Any]:
    """Plain values for a request of the operation that its type accepts."""
    values = {
        "domain": str(uuid4()),
        "xml": "<domain/>",
        "autostart": True,
        "name": "a",
        "format": "a",
        "kind": "title",
        "text": None,
        "keys": ["a"],
        "after": 0,
        "request_id": "",
    }
    needed = [
        field.encode_name for field in msgspec.structs.fields(operation.request) if field.required
    ]
    assert set(needed) <= set(values), "a new kind of field: give a value for it here"
    return {name: values[name] for name in needed}


def error_of(agent: UnderTest, request: Request[Any]) -> VirtbusError:
    with pytest.raises(VirtbusError) as caught:
        agent.call(request)
    return caught.value


@each_operation
def test_it_does_what_it_says(agent: UnderTest, operation: Operation) -> None:
    if operation.name not in agent.hello.operations:
        id = agent.client.send_body(agent.route, operation.name, pack(sample(operation)))
        with pytest.raises(Unsupported) as caught:
            agent.client.answer(id, timeout_s=10.0)
        assert caught.value.details["operation"] == operation.name
        return
    supported(agent, operation)
    case = CASES[operation.name]
    request = case.ready(agent)
    case.check(agent, request, agent.call(request))


@each_operation
def test_it_refuses_what_it_must(agent: UnderTest, operation: Operation) -> None:
    supported(agent, operation)
    for request, kind, details in CASES[operation.name].refused(agent):
        error = error_of(agent, request)
        assert type(error) is kind, f"{request}: {error!r}"
        assert details.items() <= error.details.items(), f"{request}: {error.details}"
        assert kind in {*operation.errors, InvalidArgument, Unsupported}, "not in the catalogue"
        assert set(error.details) <= set(kind.fields)
        assert error.message.strip()


@each_operation
def test_an_unknown_domain_is_refused(agent: UnderTest, operation: Operation) -> None:
    supported(agent, operation)
    if not operation.target:
        pytest.skip("asked of the connection")
    values = sample(operation)
    body = pack(values)
    id = agent.client.send_body(agent.route, operation.name, body)
    with pytest.raises(NoSuchDomain) as caught:
        agent.client.answer(id, timeout_s=10.0)
    assert caught.value.details == {"domain": values["domain"]}
    assert NoSuchDomain in operation.errors


@each_operation
def test_a_bad_body_is_refused_by_its_field(agent: UnderTest, operation: Operation) -> None:
    supported(agent, operation)
    good = sample(operation)
    wrong: list[tuple[dict[str, Any], str]] = [
        (good | {field.encode_name: [[]]}, field.encode_name)
        for field in msgspec.structs.fields(operation.request)
    ]
    wrong += [({k: v for k, v in good.items() if k != name}, name) for name in good]
    wrong.append((good | {"no_such_field": 1}, "no_such_field"))
    for values, field in wrong:
        id = agent.client.send_body(agent.route, operation.name, pack(values))
        with pytest.raises(InvalidArgument) as caught:
            agent.client.answer(id, timeout_s=10.0)
        assert field in caught.value.message
    for body in (b"\xc1", b"\x91" * 2000, pack([1, 2]), pack("text"), pack(None), b"\xdd\xff\xff"):
        id = agent.client.send_body(agent.route, operation.name, body)
        with pytest.raises(VirtbusError) as refused:
            agent.client.answer(id, timeout_s=10.0)
        assert refused.value.code in ("invalid_argument", "protocol_mismatch")


@each_operation
def test_the_read_only_door_is_for_reading(agent: UnderTest, operation: Operation) -> None:
    supported(agent, operation)
    id = agent.readonly.send_body(agent.route, operation.name, pack(sample(operation)))
    try:
        agent.readonly.answer(id, timeout_s=30.0)
    except VirtbusError as error:
        refused = isinstance(error, NotAllowed)
    else:
        refused = False
    assert refused == (operation.effect is not Effect.READ or operation.secret)


@each_operation
def test_one_id_is_one_execution(agent: UnderTest, operation: Operation) -> None:
    supported(agent, operation)
    if operation.effect is Effect.READ or operation.stream:
        pytest.skip("executed as often as it is asked")
    request = CASES[operation.name].ready(agent)
    body, client = encode_body(request), agent.client
    id = client.send_body(agent.route, operation.name, body)
    first = client.answer(id, timeout_s=30.0)
    client.send_body(agent.route, operation.name, body, id=id)
    assert client.answer(id, timeout_s=10.0).body == first.body


@each_operation
def test_a_cancel_or_a_deadline_leaves_nothing_behind(
    agent: UnderTest, operation: Operation
) -> None:
    """One declared outcome at most; that slot and request are gone, the fixture looks."""
    supported(agent, operation)
    body = pack(sample(operation))
    cancelled = agent.client.send_body(agent.route, operation.name, body)
    agent.client.cancel(cancelled)
    late = agent.client.send_body(agent.route, operation.name, body, deadline_s=0.001)
    outcomes: list[type[VirtbusError]] = []
    for id in (cancelled, late):
        try:
            agent.client.answer(id, timeout_s=1.0 if id == late else 20.0)
        except VirtbusError as error:
            outcomes.append(type(error))
    assert set(outcomes) <= {*operation.errors, *GENERIC}
    with pytest.raises(DeadlineExceeded):
        agent.client.answer(cancelled, timeout_s=0.05)


def test_ids_are_their_senders_own(agent: UnderTest) -> None:
    """An id tells what it belongs to: nobody takes over the outcome of another operation's."""
    if not agent.has(CATALOGUE["domain.undefine"].request):
        pytest.skip("this agent changes nothing")
    id = os.urandom(16)
    for name in ("domain.undefine", "domain.suspend"):
        agent.client.send_body(agent.route, name, pack({"domain": str(uuid4())}), id=id)
        with pytest.raises(VirtbusError) as caught:
            agent.client.answer(id, timeout_s=10.0)
        kind = NoSuchDomain if name == "domain.undefine" else InvalidArgument
        assert type(caught.value) is kind
