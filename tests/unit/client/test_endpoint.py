"""Which broker a URI leads to."""

from pathlib import Path

import pytest

from virtbus.client.endpoint import find_endpoint
from virtbus.errors import InvalidArgument, NotAllowed
from virtbus.uri import parse_uri
from virtbus.wire.sockets import CurveKeys


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIRTBUS_RUN_DIR", "VIRTBUS_KEYS", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_a_place_given_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTBUS_RUN_DIR", "/elsewhere")
    found = find_endpoint(parse_uri("qemu:///system"), place="/tmp/x")
    assert (found.requests, found.updates) == ("ipc:///tmp/x/requests", "ipc:///tmp/x/updates")
    assert find_endpoint(place="/tmp/x", readonly=True).requests == "ipc:///tmp/x/requests-ro"


def test_the_environment_then_what_exists(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "virtbus").mkdir()
    session = find_endpoint(parse_uri("qemu:///session"))
    assert session.requests == f"ipc://{tmp_path}/virtbus/requests"
    monkeypatch.setenv("VIRTBUS_RUN_DIR", "/named")
    assert find_endpoint(parse_uri("qemu:///session")).requests == "ipc:///named/requests"


def test_a_path_too_long_for_a_socket_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        find_endpoint(place="/tmp/" + "x" * 100)


def keys(tmp_path: Path, text: str, mode: int = 0o600) -> str:
    path = tmp_path / "keys.toml"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


KEYS = 'public = "P"\nsecret = "S"\n[brokers]\n"host.example:16580" = "B"\n'


def test_tcp_takes_the_keys_of_its_broker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIRTBUS_KEYS", keys(tmp_path, KEYS))
    curve = CurveKeys(public="P", secret="S", server="B")
    for found in (
        find_endpoint(parse_uri("qemu+tcp://host.example/system")),
        find_endpoint(parse_uri("qemu:///system"), place="tcp://host.example"),
        find_endpoint(place="tcp://host.example:16580"),
    ):
        assert found.requests == "tcp://host.example:16580"
        assert found.updates == "tcp://host.example:16581"
        assert found.curve == curve


@pytest.mark.parametrize(
    "text",
    ["", "public = 3", 'public = "P"\nsecret = "S"\n', "]["],
)
def test_there_is_no_tcp_without_keys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    monkeypatch.setenv("VIRTBUS_KEYS", keys(tmp_path, text))
    with pytest.raises(InvalidArgument):
        find_endpoint(parse_uri("qemu+tcp://host.example/system"))
    monkeypatch.setenv("VIRTBUS_KEYS", str(tmp_path / "none"))
    with pytest.raises(InvalidArgument):
        find_endpoint(parse_uri("qemu+tcp://host.example/system"))


def test_a_key_file_that_others_may_open_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VIRTBUS_KEYS", keys(tmp_path, KEYS, mode=0o640))
    with pytest.raises(NotAllowed):
        find_endpoint(parse_uri("qemu+tcp://host.example/system"))


@pytest.mark.parametrize("place", ["tcp://host:0", "tcp://host:x", "tcp://host:65535"])
def test_ports_are_checked(place: str) -> None:
    with pytest.raises(InvalidArgument):
        find_endpoint(place=place)
