"""Two hosts, as network namespaces: a client on one reaches the qemu-agent of the other."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.live.guests import AGENT, DOCUMENT, ROUTE, SERIAL, namespaces_work
from tests.peers.bus import Bus, wait_for

SERVER, CLIENT = "10.213.77.1", "10.213.77.2"
PORT = 16580
WAIT_S = 60
TOUR = """
import json, sys, virtbus
from virtbus.errors import VirtbusError
told = {}
try:
    with virtbus.connect(sys.argv[1], connect_s=float(sys.argv[3])) as conn:
        with conn.events(timeout_s=10) as events:
            guest = conn.define_domain(xml=sys.argv[2])
            guest.start()
            told["state"] = str(guest.get_state().state)
            told["console"] = guest.open_console().reason
            guest.destroy()
            guest.undefine()
            told["events"] = [str(next(events).change) for _ in range(4)]
            told["uri"] = conn.uri
except VirtbusError as error:
    told["error"] = error.code
print(json.dumps(told))
"""


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=WAIT_S)


@contextmanager
def two_hosts() -> Iterator[tuple[str, str]]:
    """Two namespaces with a cable between them; their names."""
    names = [f"virtbus-{os.getpid()}-{side}" for side in ("server", "client")]
    made: list[str] = []
    try:
        for name in names:
            ip("netns", "add", name)
            made.append(name)
            ip("-n", name, "link", "set", "lo", "up")
        ip(
            "-n",
            names[0],
            "link",
            "add",
            "cable",
            "type",
            "veth",
            "peer",
            "cable",
            "netns",
            names[1],
        )
        for name, address in zip(names, (SERVER, CLIENT), strict=True):
            ip("-n", name, "address", "add", f"{address}/30", "dev", "cable")
            ip("-n", name, "link", "set", "cable", "up")
        yield names[0], names[1]
    finally:
        for name in made:
            ip("netns", "delete", name)


def make_keys(path: Path) -> str:
    """A new key file; its public key."""
    command = [sys.executable, "-m", "virtbus_broker", "keygen", str(path)]
    made = subprocess.run(command, check=True, capture_output=True, text=True, timeout=WAIT_S)
    return made.stdout.strip()


def tour(host: str, bus: Bus, keys: Path, *, connect_s: float = 20) -> dict[str, Any]:
    """What the tour of a client on the other host told."""
    document = DOCUMENT.format(name="far", machine="pc", devices=SERIAL)
    uri = f"qemu+tcp://{SERVER}/system"
    command = ["ip", "netns", "exec", host, sys.executable, "-c", TOUR, uri, document]
    ran = subprocess.run(
        [*command, str(connect_s)],
        env={**bus.environment, "VIRTBUS_KEYS": str(keys)},
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def test_a_client_on_another_host(require_peer: Callable[..., None]) -> None:
    require_peer("qemu-system-x86_64", "install qemu-system-x86")
    require_peer("network namespaces", "install iproute2, be root", present=namespaces_work())
    with two_hosts() as (server, client), Bus() as bus:
        config = bus.directory / "config"
        config.mkdir()
        broker_key = make_keys(config / "broker.key")
        keys = bus.directory / "keys.toml"
        public = make_keys(keys)
        with keys.open("a") as file:
            file.write(f'\n[brokers]\n"{SERVER}:{PORT}" = "{broker_key}"\n')
        roles = config / "roles.toml"
        roles.write_text(f'[roles.all]\nallow = ["*:*:*"]\n[keys]\n"{public}" = "all"\n')
        address = f"tcp://{SERVER}:{PORT}"
        module = [sys.executable, "-m", "virtbus_broker", "--tcp", address]
        bus.start("broker", ["ip", "netns", "exec", server, *module])
        wait_for((bus.run_dir / "requests").exists, "the broker listens")
        bus.start_agent(AGENT, routes=[ROUTE])
        told = tour(client, bus, keys)
        assert told["uri"] == ROUTE
        assert told["state"] == "running"
        assert told["events"] == ["defined", "started", "stopped", "undefined"]
        stranger = bus.directory / "stranger.toml"
        make_keys(stranger)
        with stranger.open("a") as file:
            file.write(f'\n[brokers]\n"{SERVER}:{PORT}" = "{broker_key}"\n')
        assert tour(client, bus, stranger, connect_s=2) == {"error": "not_connected"}
