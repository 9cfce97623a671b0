"""A command for each operation of the catalogue that has none written for it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

import click

from virtbus.operations import Effect, Operation

from .base import BusCommand, BusGroup
from .fields import Field, fields_of, target_argument
from .session import Session, find_domain, session_of

SECTIONS = {Effect.READ: "Look", Effect.CHANGE: "Change", Effect.FORCE: "Change"}


def command_name(operation: Operation) -> str:
    """What an operation is called here: "domain.send_key" is send-key, "host.get_info" is info."""
    return operation.verb.removeprefix("get_").replace("_", "-")


def derive_group(kind: str, operations: Sequence[Operation]) -> BusGroup:
    """The commands for one kind of object, below its name: `virtbus host info`."""
    commands = {command_name(each): derive_command(each) for each in operations}
    return BusGroup(
        kind,
        commands=dict(sorted(commands.items())),
        short_help=", ".join(sorted(commands)),
        help=f"What can be asked of {kind}s: {', '.join(sorted(commands))}.",
        section="Agent and host",
    )


def derive_command(operation: Operation) -> BusCommand:
    """The command: arguments and options from the request's fields, help from its docstring."""
    fields = fields_of(operation)
    parameters: list[click.Parameter] = [target_argument(operation)] if operation.target else []
    parameters += [field.parameter for field in fields]
    return BusCommand(
        command_name(operation),
        params=parameters,
        help=help_of(operation),
        short_help=operation.summary.partition(". ")[0].rstrip("."),
        callback=_callback(operation, fields),
        operations=(operation.name,),
        section=SECTIONS[operation.effect],
    )


def help_of(operation: Operation) -> str:
    """The docstring of an operation as a command's help, with its deadline and errors."""
    text = inspect.cleandoc(operation.request.__doc__ or "").replace("``", "`")
    text = re.sub(r"`([a-z]+_[a-z_]+)`", lambda word: "--" + word[1].replace("_", "-"), text)
    ends = f"Waits at most {operation.deadline_s:g} s unless --deadline says otherwise."
    if operation.secret:
        ends += " For read-write callers only."
    return f"{text}\n\n{ends}"


def _callback(operation: Operation, fields: list[Field]) -> Callable[..., None]:
    @click.pass_context
    def run(context: click.Context, /, **given: Any) -> None:
        session = session_of(context)
        values = {field.name: field.convert(given[field.name]) for field in fields}
        with session.connect() as conn:
            subject = ""
            if operation.target == "domain":
                found = find_domain(conn, given["domain"])
                values["domain"], subject = found.uuid, found.name
            elif operation.target:
                values[operation.target] = subject = given[operation.target]
            request = operation.request(**values)
            if operation.stream:
                from .stream import carry

                with conn.open_stream(request) as stream:
                    carry(stream)
                return
            reply = conn.call(request)
        answer(session, operation, subject, reply)

    return run


def answer(session: Session, operation: Operation, subject: str, reply: Any) -> None:
    """Print a reply: JSON, a document, a table, or that it is done."""
    from . import show

    if session.json:
        show.print_json(reply)
        return
    if operation.effect is not Effect.READ:
        name = getattr(reply, "name", subject)
        words = f"{name}: {command_name(operation)} done" if name else f"{operation.name} done"
        state = getattr(reply, "state", None)
        print(show.readable(f"{words}, now {state} ({reply.reason})" if state else words))
        return
    show.print_reply(reply)
