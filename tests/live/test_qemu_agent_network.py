"""Taps and bridges of the qemu-agent, in a network namespace of the test's own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.live.guests import AGENT, DOCUMENT, ROUTE, namespaces_work
from tests.peers.bus import Bus
from virtbus.client.sync.connection import Connection, connect
from virtbus.errors import HypervisorFailed
from virtbus.operations.records import State

HOST = f"virtbus-{os.getpid()}-taps"
BRIDGED = "<interface type='bridge'><source bridge='{bridge}'/><model type='virtio'/></interface>"
TAP = "<interface type='ethernet'><target dev='mytap'/><model type='virtio'/></interface>"


def ip(*arguments: str) -> str:
    command = ["ip", "-n", HOST, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


@pytest.fixture
def connection(require_peer: Callable[..., None]) -> Iterator[Connection]:
    """An agent in a namespace that has a bridge."""
    require_peer("qemu-system-x86_64", "install qemu-system-x86")
    require_peer("network namespaces", "install iproute2, be root", present=namespaces_work())
    subprocess.run(["ip", "netns", "add", HOST], check=True, timeout=30)
    try:
        ip("link", "add", "br0", "type", "bridge")
        with Bus() as bus:
            bus.start_broker()
            command = ["ip", "netns", "exec", HOST, sys.executable, "-m", AGENT]
            bus.wait_for_routes(bus.start("agent", command), ROUTE)
            with connect(ROUTE, endpoint=str(bus.run_dir)) as connection:
                yield connection
                for domain in connection.list_domains(active=True):
                    domain.destroy(grace_ms=0)
    finally:
        subprocess.run(["ip", "netns", "delete", HOST], check=True, timeout=30)


def test_a_bridged_guest_is_on_the_bridge(connection: Connection) -> None:
    devices = BRIDGED.format(bridge="br0")
    guest = connection.define_domain(DOCUMENT.format(name="n", machine="pc", devices=devices))
    guest.start()
    assert "vnet0" in ip("link", "show", "master", "br0")
    assert "<target dev='vnet0'/>" in guest.get_xml()
    assert "vnet0" not in guest.get_xml(inactive=True)
    (counted,) = guest.get_stats().interfaces
    assert counted.name == "vnet0"
    guest.destroy()
    assert "vnet0" not in ip("link", "show")


def test_a_tap_has_the_name_asked_for(connection: Connection) -> None:
    guest = connection.define_domain(DOCUMENT.format(name="t", machine="q35", devices=TAP))
    guest.start()
    assert "mytap" in ip("link", "show")


def test_a_bridge_that_is_missing_is_named(connection: Connection) -> None:
    devices = BRIDGED.format(bridge="nobridge")
    guest = connection.define_domain(DOCUMENT.format(name="m", machine="pc", devices=devices))
    with pytest.raises(HypervisorFailed, match="nobridge"):
        guest.start()
    assert guest.get_state().state is State.SHUTOFF
    assert "vnet" not in ip("link", "show")
