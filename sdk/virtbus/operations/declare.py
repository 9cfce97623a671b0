"""How an operation is declared: once, as a typed request.

Dispatch, SDK methods, access control, the CLI, OPERATIONS.md, the support matrix and the
contract suite are all derived from the `CATALOGUE` that the declarations fill.
"""

from __future__ import annotations

import enum
import re
import typing
from collections.abc import Callable
from typing import Any, Generic, TypeVar, dataclass_transform

import msgspec

from ..errors import HypervisorFailed, VirtbusError

ReplyT = TypeVar("ReplyT")


class Effect(enum.StrEnum):
    """What an operation does to its object; decides how it is scheduled."""

    READ = "read"
    CHANGE = "change"
    FORCE = "force"


@dataclass_transform(kw_only_default=True, field_specifiers=(msgspec.field,))
class RequestMeta(msgspec.StructMeta):
    """Tells type checkers that all requests are built by keyword."""


class Request(
    msgspec.Struct,
    Generic[ReplyT],
    metaclass=RequestMeta,
    kw_only=True,
    forbid_unknown_fields=True,
):
    """Root of all requests; `ReplyT` is what the operation answers."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the catalogue.

    `kind` is the kind of object it is asked of and `target` the request field that names
    that object ("" when it is asked of the connection); `method` is its name in the SDK.
    `published` derives the reply from the object's published record, so that no agent is
    asked. `stream` operations open a stream; those with a `secret` reply are for read-write
    callers. `kind_field` is the request field that names the kind whose grant a caller needs, ""
    if that is the operation's own. `ends_change` cancels the change under way on the object, if
    that one may wait for the hypervisor.
    """

    name: str
    kind: str
    target: str
    method: str
    request: type[Request[Any]]
    reply: Any
    effect: Effect
    deadline_s: float
    errors: tuple[type[VirtbusError], ...]
    since: str
    libvirt: tuple[str, ...]
    stream: bool = False
    published: Callable[[Any], Any] | None = None
    secret: bool = False
    kind_field: str = ""
    ends_change: bool = False

    def guarded_kind(self, request: Request[Any]) -> str:
        """The kind of object that the caller needs a grant for."""
        kind: str = getattr(request, self.kind_field) if self.kind_field else self.kind
        return kind

    @property
    def touches_guest(self) -> bool:
        """Whether it may have to wait for the hypervisor."""
        return HypervisorFailed in self.errors

    @property
    def verb(self) -> str:
        """The name without its kind: "set_memory" of "domain.set_memory"."""
        return self.name.partition(".")[2]

    @property
    def summary(self) -> str:
        """The first sentence of the docstring."""
        return (self.request.__doc__ or "").strip().partition("\n")[0]


CATALOGUE: dict[str, Operation] = {}
BY_REQUEST: dict[type[Request[Any]], Operation] = {}

_NAME = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z0-9]+)*\Z")
RequestT = TypeVar("RequestT", bound=Request[Any])


def operation(
    name: str,
    *,
    effect: Effect,
    deadline_s: float,
    since: str,
    errors: tuple[type[VirtbusError], ...] = (),
    libvirt: tuple[str, ...] = (),
    method: str = "",
    stream: bool = False,
    published: Callable[[Any], Any] | None = None,
    secret: bool = False,
    kind_field: str = "",
    ends_change: bool = False,
) -> Callable[[type[RequestT]], type[RequestT]]:
    """Enter a request class into the catalogue under `name`, which is `kind.verb`.

    `deadline_s` is the default; a caller may set another, never none. `method` names the SDK's
    method where `verb` (on an object) or `verb_kind` (on a connection) does not read well.
    `libvirt` names the functions of libvirt that the operation covers. `secret` keeps the reply
    out of logs and lets only read-write callers ask, whatever the effect; `kind_field` names the
    field whose value is the kind of object to have a grant for, where it is not the operation's
    own kind. `ends_change` is for FORCE operations after which the guest is gone.
    """

    def enter(request: type[RequestT]) -> type[RequestT]:
        if not _NAME.match(name) or name in CATALOGUE:
            raise TypeError(f"bad or repeated operation name {name!r}")
        if not request.__doc__:
            raise TypeError(f"{name}: the request class has no docstring")
        if kind_field and kind_field not in request.__struct_fields__:
            raise TypeError(f"{name}: the request class has no field {kind_field!r}")
        kind, _, verb = name.partition(".")
        target = kind if kind in request.__struct_fields__ else ""
        entry = Operation(
            name=name,
            kind=kind,
            target=target,
            method=method or (verb if target else f"{verb}_{kind}"),
            request=request,
            reply=reply_type(request),
            effect=effect,
            deadline_s=deadline_s,
            errors=errors,
            since=since,
            libvirt=libvirt,
            stream=stream,
            published=published,
            secret=secret,
            kind_field=kind_field,
            ends_change=ends_change,
        )
        CATALOGUE[name] = entry
        BY_REQUEST[request] = entry
        return request

    return enter


def reply_type(request: type[Request[Any]]) -> Any:
    """The type a request class names as its reply: `None` or a Struct."""
    for base in request.__dict__.get("__orig_bases__", ()):
        arguments = typing.get_args(base)
        if arguments:
            return type(None) if arguments[0] is None else arguments[0]
    raise TypeError(f"{request.__name__} does not say what it answers: class X(Request[Reply])")


def operation_of(request: Request[Any]) -> Operation:
    """The catalogue entry of a request."""
    return BY_REQUEST[type(request)]
