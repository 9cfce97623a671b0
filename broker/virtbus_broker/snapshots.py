"""Values in one message: Index, and blobs of at most one frame's size (SYNC, SNAPSHOT)."""

from __future__ import annotations

from collections.abc import Sequence

import zmq

from virtbus.errors import InvalidArgument
from virtbus.wire.frames import MAX_FRAME_BYTES, MAX_FRAMES, make_index, split_index

from .peers import Part, bytes_of

SHARED_BYTES = 8192


def snapshot_frames(bodies: dict[str, bytes]) -> list[Part]:
    """Body and data frames; raises InvalidArgument if it takes more than a message holds."""
    index, blob = make_index(bodies)
    blobs = [blob[at : at + MAX_FRAME_BYTES] for at in range(0, len(blob), MAX_FRAME_BYTES)]
    if len(index) > MAX_FRAME_BYTES or len(blobs) > MAX_FRAMES - 2:
        reason = f"{len(bodies)} values do not fit one message; ask for a longer key prefix"
        raise InvalidArgument(reason, field="name", reason=reason)
    return [_shared(part) for part in (index, *(blobs or [b""]))]


def synced_values(frames: Sequence[Part]) -> dict[str, bytes]:
    """The values in a SYNC; raises ProtocolMismatch or InvalidArgument."""
    body = bytes_of(frames[1]) if len(frames) > 1 else b""
    blob = (
        bytes_of(frames[2]) if len(frames) == 3 else b"".join(bytes_of(part) for part in frames[2:])
    )
    return split_index(body, blob)


def _shared(part: bytes) -> Part:
    """A large frame as libzmq's own, which every queue refers to instead of copying it."""
    return zmq.Frame(part, copy=True) if len(part) >= SHARED_BYTES else part
