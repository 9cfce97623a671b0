"""`virtbus list`."""

from __future__ import annotations

import click

from ..base import BusCommand
from ..session import session_of

STATES = ("running", "blocked", "paused", "shutdown", "shutoff", "crashed", "pmsuspended")


@click.command(
    "list",
    cls=BusCommand,
    operations=("domain.list",),
    section="Look",
    short_help="The domains and their states",
)
@click.option("--active/--inactive", default=None, help="Only those with, or without, a guest.")
@click.option(
    "--persistent/--transient", default=None, help="Only those with a definition, or not."
)
@click.option(
    "--autostart/--no-autostart", default=None, help="Only those that start by themselves."
)
@click.option(
    "--state", "states", multiple=True, type=click.Choice(STATES), help="Only these states."
)
@click.option("--name", "names_only", is_flag=True, help="Print the names alone, one a line.")
@click.option("--uuid", "uuids_only", is_flag=True, help="Print the UUIDs alone, one a line.")
@click.pass_context
def command(
    context: click.Context,
    active: bool | None,
    persistent: bool | None,
    autostart: bool | None,
    states: tuple[str, ...],
    names_only: bool,
    uuids_only: bool,
) -> None:
    """List the domains, in order of their names; filters narrow each other.

    virtbus list --active
    virtbus list --state paused --state crashed
    for name in $(virtbus list --inactive --name); do virtbus start "$name"; done
    """
    from virtbus.operations.records import State

    from .. import show

    session = session_of(context)
    with session.connect() as conn:
        records = [
            domain.record
            for domain in conn.list_domains(
                active=active,
                persistent=persistent,
                autostart=autostart,
                states=tuple(State(each) for each in states),
            )
        ]
    if session.json:
        show.print_json(records)
    elif names_only or uuids_only:
        for record in records:
            print(show.readable(record.name) if names_only else record.uuid)
    else:
        show.print_table(
            ("Id", "Name", "State", "Reason", "vCPUs", "Memory", "Since"),
            [
                (
                    record.id if record.id >= 0 else None,
                    record.name,
                    "unresponsive" if record.unresponsive_since_ms else str(record.state),
                    record.reason,
                    record.vcpus,
                    show.kib(record.memory_kib),
                    show.moment(record.since_ms),
                )
                for record in records
            ],
        )
