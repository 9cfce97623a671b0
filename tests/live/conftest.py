"""Fixtures of the live tests."""

from collections.abc import Callable, Iterator

import pytest

from tests.live.guests import QemuBus, qemu_bus


@pytest.fixture
def lab(require_peer: Callable[..., None]) -> Iterator[QemuBus]:
    """A broker, a qemu-agent and a connection, in a private directory."""
    require_peer("qemu-system-x86_64", "install qemu-system-x86")
    with qemu_bus() as started:
        yield started
