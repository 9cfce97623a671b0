import pytest

from tests.unit.broker.outlet import Bus
from virtbus.errors import InvalidArgument
from virtbus_broker.peers import Agent
from virtbus_broker.routes import MAX_ROUTES, Routes, check_routes


def agent_of(*routes: str) -> Agent:
    agent = Bus().agent(*routes).agent
    assert agent is not None
    return agent


def test_an_exact_route_is_found_before_a_prefix_and_a_longer_prefix_before_a_shorter() -> None:
    routes = Routes()
    exact, short, long = agent_of("test:///a/b"), agent_of("test:///*"), agent_of("test:///a*")
    for agent in (short, long, exact):
        routes.claim(agent)
    assert routes.find("test:///a/b") is exact
    assert routes.find("test:///a/c") is long
    assert routes.find("test:///z") is short
    assert routes.find("qemu:///system") is None
    assert routes.present() == ["test:///*", "test:///a*", "test:///a/b"]


def test_released_routes_are_free() -> None:
    routes = Routes()
    one, other = agent_of("test:///a", "test:///b*"), agent_of("test:///c")
    routes.claim(one)
    routes.claim(other)
    routes.release(one)
    assert routes.holder("test:///a") is None
    assert routes.find("test:///bb") is None
    assert routes.present() == ["test:///c"]


@pytest.mark.parametrize(
    "bad",
    [
        (),
        ("",),
        ("test:///a b",),
        ("test:///a\nb",),
        ("test:///*/a",),
        ("t" * 1025,),
        ("test:///a",) * (MAX_ROUTES + 1),
    ],
)
def test_routes_that_could_not_be_topics_are_refused(bad: tuple[str, ...]) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check_routes(bad)
    assert refused.value.details["field"] == "routes"
