"""Calls and requests as the runtime gets them."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from virtbus.agent.driver import Call
from virtbus.operations import BY_REQUEST, Request, domain

ROUTE = "test:///default"


def call(
    request: type[Request[Any]] = domain.Suspend,
    *,
    seconds: float = 10.0,
    id: bytes | None = None,
    sender: str = "uid=0 gid=0 pid=1",
) -> Call:
    """A call with a deadline that many seconds from now; must be made in a running loop."""
    return Call(
        id=id or os.urandom(16),
        operation=BY_REQUEST[request],
        route=ROUTE,
        sender=sender,
        grants="*:*:*",
        deadline=asyncio.get_running_loop().time() + seconds,
    )
