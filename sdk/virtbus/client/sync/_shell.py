"""What differs between `aio` and `sync`: this file and its namesake there are written by hand."""

from __future__ import annotations

from ..channel_blocking import ThreadChannels as Channel
from ..stream_blocking import StreamHandle, open_stream

__all__ = ["Channel", "StreamHandle", "open_stream"]
