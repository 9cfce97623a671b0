"""`virtbus cancel`."""

from __future__ import annotations

import click

from ..base import BusCommand
from ..session import session_of


@click.command(
    "cancel",
    cls=BusCommand,
    operations=("agent.cancel_request",),
    section="Change",
    short_help="End a request that is under way",
)
@click.argument("request_id", metavar="REQUEST")
@click.pass_context
def command(context: click.Context, request_id: str) -> None:
    """End a request that is under way, such as one that holds a domain's change slot.

    REQUEST is the id that `virtbus status` and the error "busy" show. On return it has been told
    to stop; who waits for it gets the error "cancelled".
    """
    from virtbus.errors import InvalidArgument

    from .. import show

    session = session_of(context)
    with session.connect() as conn:
        was_found = conn.cancel_request(request_id)
    if not was_found:
        raise InvalidArgument(
            f"no request {request_id} is under way at this agent; see `virtbus status`",
            field="request_id",
            reason="unknown",
        )
    if session.json:
        show.print_json({"cancelled": True})
    else:
        print(f"{request_id} has been told to stop")
