"""Which broker a URI leads to, and with which keys."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec

from ..errors import InvalidArgument, NotAllowed
from ..uri import DEFAULT_PORT, Uri
from ..wire.sockets import CurveKeys

SYSTEM_RUN_DIR = Path("/run/virtbus")
MAX_SOCKET_PATH_BYTES = 107  # sun_path of unix(7), less its terminating null


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a broker listens: ZeroMQ addresses, and CURVE keys when it is over TCP."""

    requests: str
    updates: str
    curve: CurveKeys | None = None


class _KeyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    public: str
    secret: str
    brokers: dict[str, str] = {}


def find_endpoint(
    uri: Uri | None = None, *, place: str | None = None, readonly: bool = False
) -> Endpoint:
    """The broker for a URI.

    `place` names it outright: a run directory, or `tcp://host[:port]`. Without it a URI with
    transport "tcp" names its host; else the run directory is $VIRTBUS_RUN_DIR, or /run/virtbus,
    or $XDG_RUNTIME_DIR/virtbus: the first that exists (for `/session` the last one first).
    Raises InvalidArgument or NotAllowed when the key file is missing, unsafe or lacks the broker.
    """
    if place is not None and place.startswith("tcp://"):
        host, _, port = place.removeprefix("tcp://").rpartition(":")
        return _over_tcp(host or port, port if host else str(DEFAULT_PORT))
    if place is None and uri is not None and uri.transport == "tcp":
        return _over_tcp(uri.broker_host, str(uri.broker_port))
    return _local(Path(place) if place is not None else _run_dir(uri), readonly)


def _run_dir(uri: Uri | None) -> Path:
    named = os.environ.get("VIRTBUS_RUN_DIR")
    if named:
        return Path(named)
    candidates = [SYSTEM_RUN_DIR]
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        session = uri is not None and uri.route.endswith("/session")
        candidates.insert(0 if session else 1, Path(runtime, "virtbus"))
    return next((path for path in candidates if path.is_dir()), candidates[0])


def _local(run_dir: Path, readonly: bool) -> Endpoint:
    requests = run_dir / ("requests-ro" if readonly else "requests")
    if len(os.fsencode(requests)) > MAX_SOCKET_PATH_BYTES:
        raise InvalidArgument(
            f"{run_dir} is too long for a UNIX socket's path; use a shorter run directory",
            field="endpoint",
            reason="too long",
        )
    return Endpoint(requests=f"ipc://{requests}", updates=f"ipc://{run_dir / 'updates'}")


def _over_tcp(host: str, port: str) -> Endpoint:
    if not port.isdecimal() or not 0 < int(port) < 65535:
        raise InvalidArgument(f"{port!r} is not a port", field="endpoint", reason="bad port")
    name = f"{host}:{port}"
    path = Path(os.environ.get("VIRTBUS_KEYS") or "~/.config/virtbus/keys.toml").expanduser()
    keys = _read_keys(path)
    if name not in keys.brokers:
        raise InvalidArgument(
            f"{path} has no key for the broker {name}; add it under [brokers]",
            field="endpoint",
            reason="unknown broker",
        )
    return Endpoint(
        requests=f"tcp://{host}:{port}",
        updates=f"tcp://{host}:{int(port) + 1}",
        curve=CurveKeys(public=keys.public, secret=keys.secret, server=keys.brokers[name]),
    )


def _read_keys(path: Path) -> _KeyFile:
    import tomllib

    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise NotAllowed(f"{path} holds a secret key and others may open it: chmod 600")
            return msgspec.convert(tomllib.load(file), _KeyFile)
    except OSError as error:
        raise InvalidArgument(
            f"a broker over TCP needs a key file at {path} (or $VIRTBUS_KEYS)",
            cause=str(error),
            field="endpoint",
            reason="no keys",
        ) from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidArgument(
            f"{path} is not a key file", cause=str(error), field="endpoint", reason="bad keys"
        ) from error
