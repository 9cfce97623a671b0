"""Bodies from strangers: whatever is in them, an answer comes and the agent lives, no larger."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.agents.test import HARNESS
from tests.contract.harness import UnderTest, settle, start
from tests.peers.bus import Bus
from virtbus.errors import ErrorBody
from virtbus.operations import CATALOGUE, Operation, domain
from virtbus.wire.frames import Kind, decode_body, pack

DEFAULT = "6695eb01-f6a4-8304-79aa-97f2502e193f"
GROWTH_KIB = 8 * 1024
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=300)
    | st.binary(max_size=300)
    | st.sampled_from([DEFAULT, "", "\0", "../..", "<domain/>", "<a>" * 3000, "title", "running"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=20), inner, max_size=5)
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def agent() -> Iterator[UnderTest]:
    with Bus() as bus:
        yield start(HARNESS, bus)


def bodies(operation: Operation) -> st.SearchStrategy[bytes]:
    """Maps of some of the operation's fields, with anything in them; and anything at all."""
    names = operation.request.__struct_fields__
    fields = st.fixed_dictionaries(
        {operation.target: st.just(DEFAULT) | VALUES} if operation.target else {},
        optional={name: VALUES for name in names if name != operation.target},
    )
    stranger = st.dictionaries(st.sampled_from(names or ("x",)) | st.text(), VALUES, max_size=4)
    return fields.map(pack) | stranger.map(pack) | VALUES.map(pack) | st.binary(max_size=200)


@pytest.mark.parametrize("operation", CATALOGUE.values(), ids=list(CATALOGUE))
def test_any_body_has_an_answer(agent: UnderTest, operation: Operation) -> None:
    small_kib = agent.process.pss_kib()

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(st.lists(bodies(operation), min_size=1, max_size=4))
    def ask(some: list[bytes]) -> None:
        ids = [
            agent.client.send_body(agent.route, operation.name, body, deadline_s=5.0)
            for body in some
        ]
        for id in ids:
            answer = agent.client.take(lambda m, id=id: m.header.id == id, timeout_s=6.0)  # type: ignore[misc]  # a default binds it
            assert answer is not None, "no answer"
            assert answer.header.kind in (Kind.REPLY, Kind.ERROR)
            if answer.header.kind == Kind.ERROR:
                error = decode_body(answer.body, ErrorBody)
                assert error.code != "internal", error
            elif answer.header.name == "stream":
                agent.client.send(Kind.END, id=id, name="finished")

    ask()
    settle(agent)
    assert agent.process.alive
    for record in agent.call(domain.ListDomains()).domains:
        if str(record.uuid) != DEFAULT and not record.active:
            agent.call(domain.Undefine(domain=record.uuid))
    assert agent.process.pss_kib() - small_kib < GROWTH_KIB


def test_deep_and_wide_bodies_are_refused(agent: UnderTest) -> None:
    wide: list[Any] = [0] * 1_000_000
    texts = (b"\x91" * 1_000_000, pack(wide), b"\xdf\xff\xff\xff\xff", b"\x81" * 900 + b"\xc0")
    for body in texts:
        id = agent.client.send_body(agent.route, "domain.list", body)
        answer = agent.client.take(lambda m, id=id: m.header.id == id, timeout_s=6.0)  # type: ignore[misc]  # a default binds it
        assert answer is not None
        assert answer.header.kind == Kind.ERROR
    agent.call(domain.ListDomains())
