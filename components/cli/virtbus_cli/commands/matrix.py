"""`virtbus matrix`."""

from __future__ import annotations

import click

from ..base import BusCommand
from ..session import Session, session_of

ASK_S = 1.0


@click.command(
    "matrix",
    cls=BusCommand,
    section="Agent and host",
    shared=("broker", "json"),
    short_help="Which of libvirt's functions each agent covers",
)
@click.option("--operations", "by_operation", is_flag=True, help="By virtbus's operations instead.")
@click.pass_context
def command(context: click.Context, by_operation: bool) -> None:
    """Tell which of libvirt's functions each agent's operations cover.

    Needs no broker: the agents installed here tell by themselves. Those on the bus are added if a
    broker answers. With --json: {agent: [function names]}.
    """
    from .. import show

    session = session_of(context)
    table = {
        agent: sorted(operations if by_operation else functions_of(operations))
        for agent, operations in sorted(_operations(session).items())
    }
    if session.json:
        show.print_json(table)
        return
    rows = sorted({name for names in table.values() for name in names})
    columns = ("Operation" if by_operation else "Function", *table)
    show.print_table(
        columns,
        [(row, *("yes" if row in table[agent] else None for agent in table)) for row in rows],
    )
    counts = ", ".join(f"{agent} {len(names)}" for agent, names in table.items())
    print(f"\n{len(rows)} in all: {counts}")


def functions_of(operations: tuple[str, ...]) -> set[str]:
    """The functions of libvirt that operations cover, as the catalogue declares it."""
    from virtbus.operations import CATALOGUE

    known = [CATALOGUE[name] for name in operations if name in CATALOGUE]
    return {function for operation in known for function in operation.libvirt}


def _operations(session: Session) -> dict[str, tuple[str, ...]]:
    """The operations of each agent, installed here or connected to the broker."""
    import virtbus
    from virtbus.agent.installed import installed_agents
    from virtbus.errors import NotConnected

    found = {agent.name: agent.operations for agent in installed_agents() if agent.operations}
    try:
        status = virtbus.status(session.broker, deadline_s=ASK_S)
    except NotConnected:
        if session.broker is not None:
            raise
        return found  # no broker was asked for, and none is needed
    return {**found, **{agent.agent: agent.operations for agent in status.agents}}
