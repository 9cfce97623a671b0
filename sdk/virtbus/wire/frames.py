"""Headers and the broker's own bodies, to and from MessagePack (PROTOCOL.md, sections 2 and 3).

Bytes are MessagePack by `msgpack` under size limits; types are msgspec Structs, so that wrong
input is refused with the path of the wrong field.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any, TypeVar

import msgpack  # type: ignore[import-untyped]  # ships no annotations
import msgspec

from ..errors import InvalidArgument, ProtocolMismatch

VERSION = 1
MAX_FRAMES = 10
MAX_HEADER_BYTES = 4096
MAX_FRAME_BYTES = 16 * 1024 * 1024
MAX_DATA_BYTES = 64 * 1024
STREAM_WINDOW_BYTES = 256 * 1024
MIN_DATA_COST_BYTES = 512
MAX_ROUTE_CHARS = 1024
MAX_NAME_CHARS = 256
ID_BYTES = 16

T = TypeVar("T")

_HEADER_PACKER = msgpack.Packer(use_bin_type=True)


class Kind(enum.IntEnum):
    """What a message is."""

    HELLO = 1
    WELCOME = 2
    REQUEST = 3
    REPLY = 4
    ERROR = 5
    CANCEL = 6
    READ = 7
    SNAPSHOT = 8
    PUBLISH = 9
    SYNC = 10
    DATA = 11
    CREDIT = 12
    END = 13
    PING = 14
    PONG = 15
    STATUS = 16
    BYE = 17


class Header(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The first frame of a message; the meaning of a field depends on the kind."""

    version: int
    kind: int
    id: bytes = b""
    route: str = ""
    name: str = ""
    number: int = 0
    ticket: int = 0
    sender: str = ""
    grants: str = ""
    epoch: int = 0


class AgentHello(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent says of itself on each connection."""

    agent: str
    version: str
    pid: int
    routes: tuple[str, ...]
    operations: tuple[str, ...]
    versions: tuple[int, ...] = (VERSION,)


class BrokerWelcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the broker says of itself to an agent."""

    version: str
    versions: tuple[int, ...] = (VERSION,)


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """Where each value lies in the data frame behind it: values follow each other in order."""

    keys: tuple[str, ...]
    sizes: tuple[int, ...]


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a route is served: "present", "absent" or "unresponsive", and since when."""

    state: str
    since_ms: int
    reason: str = ""


class AgentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One agent as the broker sees it; times are Unix time in ms."""

    agent: str
    version: str
    pid: int
    routes: tuple[str, ...]
    state: str
    since_ms: int
    in_flight: int
    values: int
    operations: tuple[str, ...]


class BrokerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to STATUS."""

    version: str
    run_id: str
    pid: int
    started_ms: int
    agents: tuple[AgentStatus, ...]
    requests: int
    in_flight: int
    streams: int
    dropped: dict[str, int]
    recently_gone: tuple[AgentStatus, ...] = ()


def pack(value: object) -> bytes:
    """MessagePack of plain values (str, int, float, bytes, bool, None, list, tuple, dict)."""
    return msgpack.packb(value, use_bin_type=True)  # type: ignore[no-any-return]  # untyped


def unpack(frame: bytes) -> Any:
    """Plain values of one MessagePack frame; raises ProtocolMismatch if it is not one."""
    if len(frame) > MAX_FRAME_BYTES:
        raise ProtocolMismatch(f"a frame has {len(frame)} bytes, the limit is {MAX_FRAME_BYTES}")
    try:
        return msgpack.unpackb(frame, raw=False, strict_map_key=True)
    except (ValueError, RecursionError, msgpack.UnpackException) as error:
        raise ProtocolMismatch("a frame is not MessagePack", cause=str(error)) from error


def encode_header(header: Header) -> bytes:
    """The header's frame; elements that are at their default at the end are left out."""
    values = list(msgspec.structs.astuple(header))
    while len(values) > 2 and not values[-1]:
        values.pop()
    return _HEADER_PACKER.pack(values)  # type: ignore[no-any-return]  # untyped


def decode_header(frame: bytes) -> Header:
    """The header in a frame; raises ProtocolMismatch if it is malformed or over a limit."""
    if len(frame) > MAX_HEADER_BYTES:
        raise ProtocolMismatch(f"header over {MAX_HEADER_BYTES} bytes")
    try:
        header = msgspec.convert(unpack(frame), Header)
    except msgspec.ValidationError as error:
        raise ProtocolMismatch("malformed header", cause=str(error)) from error
    if header.version != VERSION:
        raise ProtocolMismatch(
            f"protocol version {header.version} is not spoken here; use {VERSION}",
            versions=[str(VERSION)],
        )
    if len(header.id) not in (0, ID_BYTES):
        raise ProtocolMismatch(f"id must have {ID_BYTES} bytes")
    if len(header.route) > MAX_ROUTE_CHARS or len(header.name) > MAX_NAME_CHARS:
        raise ProtocolMismatch("route or name too long")
    return header


def encode_body(value: object) -> bytes:
    """The body frame of a Struct or plain value; None gives an empty frame."""
    return b"" if value is None else pack(msgspec.to_builtins(value, builtin_types=(bytes,)))


def decode_body(frame: bytes, kind: type[T]) -> T:
    """The typed value in a body frame; raises InvalidArgument naming the wrong field."""
    try:
        return msgspec.convert(unpack(frame) if frame else None, kind)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        field = path.rstrip("`").lstrip(".") or "body"
        raise InvalidArgument(f"{field}: {reason}", field=field, reason=reason) from error


def make_index(values: dict[str, bytes]) -> tuple[bytes, bytes]:
    """Index body and blob of a set of values, for SYNC and the answer to SNAPSHOT."""
    index = pack({"keys": list(values), "sizes": [len(value) for value in values.values()]})
    return index, b"".join(values.values())


def split_index(body: bytes, blob: bytes) -> dict[str, bytes]:
    """The values that `make_index` put together; raises ProtocolMismatch if they do not fit."""
    index = decode_body(body, Index)
    is_whole = sum(index.sizes) == len(blob) and all(size >= 0 for size in index.sizes)
    if not is_whole or not len(set(index.keys)) == len(index.keys) == len(index.sizes):
        raise ProtocolMismatch("index and blob do not fit each other")
    values: dict[str, bytes] = {}
    start = 0
    for key, size in zip(index.keys, index.sizes, strict=True):
        values[key] = blob[start : start + size]
        start += size
    return values


def data_cost_bytes(size_bytes: int) -> int:
    """The credit that a DATA message of that size takes: small ones fill queues, too."""
    return max(size_bytes, MIN_DATA_COST_BYTES)


def topic_of(route: str, key: str) -> bytes:
    """The topic under which the broker publishes a key of a route."""
    return f"{route} {key}".encode()


def split_message(frames: Sequence[bytes]) -> tuple[Header, bytes, list[bytes]]:
    """Header, body and data of a received message; raises ProtocolMismatch."""
    if not 1 <= len(frames) <= MAX_FRAMES:
        raise ProtocolMismatch(f"a message has {len(frames)} frames, 1 to {MAX_FRAMES} are allowed")
    return decode_header(frames[0]), frames[1] if len(frames) > 1 else b"", list(frames[2:])
