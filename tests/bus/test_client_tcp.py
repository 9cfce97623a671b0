"""The SDK over TCP: keys from the client's key file, a role at the broker."""

from pathlib import Path

import pytest

import virtbus
from tests.bus.broker_process import ROUTE, WAIT_S
from tests.bus.client_peers import VM, record, scripted_agent
from tests.bus.test_broker_tcp import RemoteBus, remote_bus
from virtbus.errors import NotAllowed, NotConnected
from virtbus.operations.event import Event
from virtbus.operations.records import State
from virtbus.wire.sockets import CurveKeys


def use_keys(
    monkeypatch: pytest.MonkeyPatch, folder: Path, remote: RemoteBus, keys: CurveKeys
) -> str:
    """Put the keys where the SDK looks; gives the URI."""
    place = f"127.0.0.1:{remote.port}"
    path = folder / "keys.toml"
    path.touch(mode=0o600)
    path.write_text(
        f'public = "{keys.public}"\nsecret = "{keys.secret}"\n'
        f'[brokers]\n"{place}" = "{keys.server}"\n'
    )
    monkeypatch.setenv("VIRTBUS_KEYS", str(path))
    return f"test+tcp://{place}/default"


def test_an_operator_has_all_of_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with remote_bus(tmp_path) as remote, scripted_agent(remote.bus) as agent:
        uri = use_keys(monkeypatch, tmp_path, remote, remote.operator)
        with virtbus.connect(uri, connect_s=WAIT_S) as conn:
            assert conn.uri == ROUTE
            with conn.live_domains() as live, conn.events() as stream:
                assert live[VM].get_state().reason == "booted"
                agent.do(agent.emit)
                assert isinstance(stream.next(timeout_s=WAIT_S), Event)


def test_a_viewer_of_domains_has_the_live_view(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with remote_bus(tmp_path) as remote, scripted_agent(remote.bus) as agent:
        uri = use_keys(monkeypatch, tmp_path, remote, remote.viewer)
        with virtbus.connect(uri, connect_s=WAIT_S) as conn, conn.live_domains() as live:
            agent.do(lambda: agent.put(record(state=State.PAUSED)))
            live.wait_for(lambda view: view[VM].record.state is State.PAUSED, timeout_s=WAIT_S)
            agent.do(lambda: agent.put(None))
            live.wait_for(lambda view: not view, timeout_s=WAIT_S)


def test_a_stranger_is_not_connected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with remote_bus(tmp_path) as remote:
        uri = use_keys(monkeypatch, tmp_path, remote, remote.stranger)
        with pytest.raises(NotConnected):
            virtbus.connect(uri, connect_s=0.5)
        (tmp_path / "keys.toml").chmod(0o644)
        with pytest.raises(NotAllowed):
            virtbus.connect(uri)
