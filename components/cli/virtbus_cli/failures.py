"""What went wrong, in words that help, and the exit status that tells scripts the same."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from virtbus import errors
from virtbus.errors import VirtbusError

if TYPE_CHECKING:
    from .session import Session

EXIT_CODES = {
    0: "done",
    1: "somebody has to look at the host: hypervisor, store, or a defect of virtbus",
    2: "usage, or a request that the agent refuses as it is",
    3: "no such domain",
    4: "nothing was done, the same may succeed later: busy, overloaded, no agent, no broker",
    5: "the outcome is unknown: look, then decide",
    6: "not possible in the domain's present state, or the name is taken",
    7: "not allowed",
    130: "interrupted by Ctrl-C",
}

_STATUS: dict[type[VirtbusError], int] = {
    errors.NotAllowed: 7,
    errors.RequestError: 2,
    errors.NoSuchDomain: 3,
    errors.StateError: 6,
    errors.RetryError: 4,
    errors.OutcomeUnknown: 5,
}

_NEXT: dict[type[VirtbusError], str] = {
    errors.InvalidArgument: "mend the argument; --help tells what the command takes",
    errors.InvalidDocument: "mend the document there, then define it again",
    errors.Unsupported: "`virtbus matrix` tells which agent can do what",
    errors.NotAllowed: "leave --readonly away, join the group of the broker's socket, or ask for "
    "another role",
    errors.ProtocolMismatch: "bring both ends to the same version: `virtbus --version`, "
    "`virtbus status`",
    errors.NoSuchDomain: "`virtbus list` shows the domains there are",
    errors.AlreadyExists: "choose another name, or undefine the one that has it",
    errors.InvalidState: "`virtbus info DOMAIN` shows its state and why it is in it",
    errors.Busy: "wait, give a longer --deadline, or end the holder: `virtbus cancel REQUEST`",
    errors.Overloaded: "wait a moment, then ask again",
    errors.NoSuchAgent: "`virtbus status` shows who is there; start the agent, or `virtbus up`",
    errors.NotConnected: "start a broker: `virtbus up`, or systemctl start virtbus-broker; "
    "--broker names another",
    errors.OutcomeUnknown: "look at it first: `virtbus info DOMAIN`, `virtbus status`",
    errors.HypervisorFailed: "see what the hypervisor said, and the agent's log",
    errors.Unresponsive: "the guest's process hangs: look at it on the host, or `virtbus destroy`",
    errors.StoreFailed: "make room or mend the state directory on the agent's host",
    errors.InternalError: "the agent's log has the trace; please report it",
    errors.RequestError: "mend the request; unchanged it fails again",
    errors.StateError: "look at the object first, then decide",
    errors.RetryError: "ask again later",
    errors.OperatorError: "look at the agent's host and log",
}


def exit_status(error: VirtbusError) -> int:
    """The status for an error: that of the nearest class that has one."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 1)


def next_step(error: VirtbusError) -> str:
    """What to do about an error: the advice of the nearest class that has one."""
    holder = error.details.get("request_id")
    advice = next((_NEXT[kind] for kind in type(error).__mro__ if kind in _NEXT), "ask again")
    return advice.replace("REQUEST", str(holder)) if holder else advice


def report(error: VirtbusError, session: Session) -> int:
    """Write what, why and what next to stderr, a line each, or JSON; gives the exit status."""
    from .show import plain, readable

    status = exit_status(error)
    if session.json:
        body = plain(error.to_body())
        body |= {"next": next_step(error), "exit_status": status}
        print(json.dumps({"error": body}), file=sys.stderr)
        return status
    why = error.cause or (type(error).__doc__ or "").partition("\n")[0].partition(";")[0]
    for word, text in (("error", error.message), ("why", why), ("next", next_step(error))):
        print(f"{word + ':':6} {readable(text)}", file=sys.stderr)
    return status


def report_usage(message: str, hint: str, status: int, session: Session) -> int:
    """The same for a wrong command line."""
    if session.json:
        body = {"code": "usage", "message": message, "next": hint, "exit_status": status}
        print(json.dumps({"error": body}), file=sys.stderr)
        return status
    print(f"error: {message}\nnext:  {hint}", file=sys.stderr)
    return status
