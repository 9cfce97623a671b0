"""What differs between `aio` and `sync`: this file and its namesake there are written by hand."""

from __future__ import annotations

from ..channel_async import Channel
from ..feed_async import Feed
from ..stream_async import StreamHandle, open_stream
from ..worker_async import Notice, Worker

__all__ = ["Channel", "Feed", "Notice", "StreamHandle", "Worker", "open_stream"]
