"""What a client may ask of an agent itself; answered by the runtime, so by every agent."""

from __future__ import annotations

import msgspec

from .declare import Effect, Request, operation


class SlotStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A change slot that is held: by which operation, of whom, since and until when.

    `request_id` cancels it; `waiting` counts the requests in line behind it.
    """

    slot: str
    operation: str
    owner: str
    request_id: str
    since_ms: int
    deadline_ms: int
    waiting: int


class AgentReport(msgspec.Struct, frozen=True, kw_only=True):
    """How an agent is: versions, load, slots held, what is wrong (`problems`, empty if nothing)."""

    agent: str
    version: str
    pid: int
    epoch: int
    started_ms: int
    domains: int
    active_domains: int
    running: int
    events_kept: int
    slots: tuple[SlotStatus, ...]
    problems: tuple[str, ...]
    operations: tuple[str, ...]


@operation(
    "agent.get_status", method="get_agent_status", effect=Effect.READ, deadline_s=5.0, since="0.1"
)
class GetStatus(Request[AgentReport]):
    """Tell how the agent is: its version, load, the change slots held, and what is wrong."""


@operation(
    "agent.cancel_request",
    method="cancel_request",
    effect=Effect.FORCE,
    deadline_s=5.0,
    since="0.1",
    libvirt=(),
)
class CancelRequest(Request[bool]):
    """Cancel a request in flight, by the id shown in `Busy` and `agent.get_status`.

    Answers whether it was found. On return it has been told to stop; its caller gets `Cancelled`.
    """

    request_id: str
