"""Each agent is started once, and cleaned up after each test."""

from collections.abc import Callable, Iterator

import pytest

from tests.contract.harness import Harness, UnderTest, harnesses, settle, start
from tests.peers.bus import Bus

HARNESSES = harnesses()


@pytest.fixture(scope="session", params=sorted(HARNESSES))
def under_test(
    request: pytest.FixtureRequest, require_peer: Callable[..., None]
) -> Iterator[UnderTest]:
    harness: Harness = HARNESSES[request.param]
    for command, reason in harness.needs.items():
        require_peer(command, reason)
    with Bus() as bus:
        yield start(harness, bus)


@pytest.fixture
def agent(under_test: UnderTest) -> Iterator[UnderTest]:
    yield under_test
    under_test.clean_up()
    settle(under_test)
    under_test.bus.print_logs()
