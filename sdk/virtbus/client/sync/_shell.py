"""What differs between `aio` and `sync`: this file and its namesake there are written by hand."""

from __future__ import annotations

from ..channel_blocking import ThreadChannels as Channel
from ..feed_blocking import Feed
from ..stream_blocking import StreamHandle, open_stream
from ..worker_blocking import Notice, Worker

__all__ = ["Channel", "Feed", "Notice", "StreamHandle", "Worker", "open_stream"]
