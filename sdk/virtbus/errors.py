"""The errors of virtbus, sorted by what the caller can do next.

    VirtbusError
    |-- RequestError            mend the request; asking again unchanged fails again
    |   |-- InvalidArgument     a field of the request is wrong: `field`, `reason`
    |   |-- InvalidDocument     an XML document is wrong: `line`, `element`, `reason`
    |   |-- Unsupported         this agent does not have that operation or feature
    |   |-- NotAllowed          the caller's door or role does not permit it
    |   `-- ProtocolMismatch    the two ends speak different versions
    |-- StateError              look at the object's state first, then decide
    |   |-- NoSuchDomain        no domain of that UUID or name
    |   |-- AlreadyExists       the name, UUID or resource is taken
    |   `-- InvalidState        not possible in the present state: `state`
    |-- RetryError              nothing was done; ask again later
    |   |-- Busy                the object's change slot is held: `operation`, `owner`...
    |   |-- Overloaded          a queue is full: `retry_after_ms`
    |   |-- NoSuchAgent         no agent serves that route now: `route`, `present`
    |   |-- RouteTaken          another agent serves the route already
    |   `-- NotConnected        the broker cannot be reached
    |-- OutcomeUnknown          it may or may not have happened; look, then decide
    |   |-- AgentGone           the agent left with the request in flight
    |   |-- DeadlineExceeded    no answer within the deadline
    |   |-- Cancelled           the caller took the request back
    |   `-- Interrupted         the agent restarted in the middle of the change
    `-- OperatorError           somebody has to look at the host
        |-- HypervisorFailed    the hypervisor refused or broke: `cause` is its own text
        |-- Unresponsive        the guest's monitor does not answer: `since_ns`
        |-- StoreFailed         the agent cannot write its store (disk full, ...)
        `-- InternalError       a defect in virtbus

Each error travels as `ErrorBody` and is raised as the same class at the other end.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

Detail = str | int | float | bool | None | list[str]


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error as it travels: the class's `code`, what happened, and its fields."""

    code: str
    message: str
    details: dict[str, Detail] = {}
    cause: str = ""


class VirtbusError(Exception):
    """Root of all errors that virtbus raises on purpose.

    `code` is stable across versions, `message` is for people and says what to
    do, `details` holds the fields named in `fields`, `cause` is the native
    text of the hypervisor or system, if there was one.
    """

    code: ClassVar[str] = "error"
    fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, message: str, *, cause: str = "", **details: Detail) -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause
        self.details: dict[str, Detail] = details

    def __str__(self) -> str:
        return f"{self.message} ({self.cause})" if self.cause else self.message

    def to_body(self) -> ErrorBody:
        """This error in the form that travels."""
        return ErrorBody(
            code=self.code, message=self.message, details=self.details, cause=self.cause
        )


class RequestError(VirtbusError):
    """The request is at fault: mend it before asking again."""

    code = "request"


class InvalidArgument(RequestError):
    """A field of the request has the wrong type or value."""

    code = "invalid_argument"
    fields = ("field", "reason")


class InvalidDocument(RequestError):
    """An XML document is not well-formed, not known, or contradicts itself."""

    code = "invalid_document"
    fields = ("line", "element", "reason")


class Unsupported(RequestError):
    """The agent, or its hypervisor, does not have this operation or feature."""

    code = "unsupported"
    fields = ("operation", "feature")


class NotAllowed(RequestError):
    """The caller's door or role does not permit the operation."""

    code = "not_allowed"
    fields = ("operation", "role")


class ProtocolMismatch(RequestError):
    """The peer speaks another version of the protocol, or breaks it."""

    code = "protocol_mismatch"
    fields = ("versions",)


class StateError(VirtbusError):
    """The object is not as the request supposes: look, then decide."""

    code = "state"


class NoSuchDomain(StateError):
    """No domain of that UUID, name or id."""

    code = "no_such_domain"
    fields = ("domain",)


class AlreadyExists(StateError):
    """The name, UUID or resource is taken."""

    code = "already_exists"
    fields = ("kind", "name")


class InvalidState(StateError):
    """Not possible in the object's present state."""

    code = "invalid_state"
    fields = ("state",)


class RetryError(VirtbusError):
    """Nothing was done; the same request may succeed later."""

    code = "retry"


class Busy(RetryError):
    """Another change holds the object's slot, and held it until the deadline."""

    code = "busy"
    fields = ("operation", "owner", "since_ms", "deadline_ms", "request_id")


class Overloaded(RetryError):
    """A bounded queue is full; wait `retry_after_ms` and ask again."""

    code = "overloaded"
    fields = ("retry_after_ms",)


class NoSuchAgent(RetryError):
    """No agent serves the route now; `present` lists the routes that are served."""

    code = "no_such_agent"
    fields = ("route", "present")


class RouteTaken(RetryError):
    """Another live agent already serves the route."""

    code = "route_taken"
    fields = ("route", "holder")


class NotConnected(RetryError):
    """The broker could not be reached within the deadline; nothing was sent."""

    code = "not_connected"
    fields = ("endpoint",)


class OutcomeUnknown(VirtbusError):
    """The change may or may not have happened: look at the object, then decide."""

    code = "outcome_unknown"


class AgentGone(OutcomeUnknown):
    """The agent left the bus with the request in flight."""

    code = "agent_gone"
    fields = ("route",)


class DeadlineExceeded(OutcomeUnknown):
    """No answer came within the request's deadline."""

    code = "deadline_exceeded"
    fields = ("operation", "deadline_ms")


class Cancelled(OutcomeUnknown):
    """The caller took the request back; the part already done stays done."""

    code = "cancelled"
    fields = ("operation",)


class Interrupted(OutcomeUnknown):
    """The agent restarted in the middle of the change."""

    code = "interrupted"
    fields = ("operation",)


class OperatorError(VirtbusError):
    """Asking again will not help; somebody has to look at the host."""

    code = "operator"


class HypervisorFailed(OperatorError):
    """The hypervisor refused or broke; `cause` is what it said."""

    code = "hypervisor_failed"
    fields = ("operation",)


class Unresponsive(OperatorError):
    """The guest's monitor has not answered since `since_ms` (Unix time, ms)."""

    code = "unresponsive"
    fields = ("domain", "since_ms")


class StoreFailed(OperatorError):
    """The agent cannot read or write its store; nothing was changed."""

    code = "store_failed"
    fields = ("path",)


class InternalError(OperatorError):
    """A defect in virtbus; the agent's log has the trace under the request's id."""

    code = "internal"


def _tree(root: type[VirtbusError]) -> list[type[VirtbusError]]:
    return [root, *(leaf for child in root.__subclasses__() for leaf in _tree(child))]


BY_CODE: dict[str, type[VirtbusError]] = {error.code: error for error in _tree(VirtbusError)}


def from_body(body: ErrorBody) -> VirtbusError:
    """The exception a received error stands for; an unknown code gives the root class."""
    error = BY_CODE.get(body.code, VirtbusError)(body.message, cause=body.cause)
    error.details = body.details
    return error
