"""The SDK over TCP: keys from the client's key file, a role at the broker."""

from pathlib import Path

import pytest
import zmq

import virtbus
from tests.bus.broker_process import ROUTE, WAIT_S
from tests.bus.client_peers import VM, record, scripted_agent, start_test_agent
from tests.bus.test_broker_tcp import RemoteBus, remote_bus
from virtbus.errors import InvalidArgument, NotAllowed, NotConnected, Unsupported
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


def test_a_viewer_of_domains_sees_no_gap_and_hears_of_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with remote_bus(tmp_path) as remote, scripted_agent(remote.bus) as agent:
        topics = [f"{ROUTE} {what}" for what in ("state/", "event/", "state/network/", "event/ne")]
        own = [f"{ROUTE} {what}/domain/" for what in ("state", "event")]
        raw = remote.subscriber(remote.viewer, *(topic.encode() for topic in (*topics, *own)))
        assert raw.recv_multipart()[0].startswith(b"welcome ")
        uri = use_keys(monkeypatch, tmp_path, remote, remote.viewer)
        with (
            virtbus.connect(uri, connect_s=WAIT_S) as conn,
            conn.live_domains() as live,
            conn.events() as stream,
        ):
            asked = len(agent.heard)
            for state in [State.PAUSED, State.RUNNING] * 5:
                agent.do(agent.put_network)
                agent.do(lambda state=state: agent.put(record(state=state)))  # type: ignore[misc]  # bound at once
                agent.do(agent.emit)
            for number in range(1, 11):
                told = stream.next(timeout_s=WAIT_S)
                assert isinstance(told, Event)
                assert told.number == number
            live.caught_up((1, 11), timeout_s=WAIT_S)
            assert (live.resyncs, len(agent.heard)) == (0, asked)
        heard = [raw.recv_multipart()[0].decode() for _ in range(20)]
        raw.rcvtimeo = 200
        with pytest.raises(zmq.Again):
            raw.recv_multipart()
        assert {topic.rsplit("/", 1)[0] + "/" for topic in heard} == set(own)


def test_a_replay_needs_a_grant_for_its_kind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with remote_bus(tmp_path) as remote:
        start_test_agent(remote.bus)
        uri = use_keys(monkeypatch, tmp_path, remote, remote.viewer)
        with virtbus.connect(uri, connect_s=WAIT_S) as conn:
            assert (
                conn.replay_events(after=0).events
                == conn.replay_events(after=0, kind="domain").events
            )
            with pytest.raises(NotAllowed) as refused:
                conn.replay_events(after=0, kind="network")
            assert f"read:network:{ROUTE}" in refused.value.message
            for word in ("*", "", "domain "):
                with pytest.raises(InvalidArgument):
                    conn.replay_events(after=0, kind=word)
        uri = use_keys(monkeypatch, tmp_path, remote, remote.operator)
        with virtbus.connect(uri, connect_s=WAIT_S) as conn, pytest.raises(Unsupported):
            conn.replay_events(after=0, kind="network")


def test_a_stranger_is_not_connected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with remote_bus(tmp_path) as remote:
        uri = use_keys(monkeypatch, tmp_path, remote, remote.stranger)
        with pytest.raises(NotConnected):
            virtbus.connect(uri, connect_s=0.5)
        (tmp_path / "keys.toml").chmod(0o644)
        with pytest.raises(NotAllowed):
            virtbus.connect(uri)
