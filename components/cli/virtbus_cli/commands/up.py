"""`virtbus up`."""

from __future__ import annotations

from pathlib import Path

import click

from ..base import BusCommand
from ..session import session_of


@click.command(
    "up",
    cls=BusCommand,
    section="Start here",
    shared=("json",),
    short_help="Broker and agents, in the foreground",
)
@click.option(
    "--dir", "directory", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="A private bus: DIR/run, state, config, cache, log.  [default: the user's own]",
)  # fmt: skip
@click.option(
    "--only", "names", multiple=True, metavar="AGENT", help="Only this agent; may be repeated."
)
@click.pass_context
def command(context: click.Context, directory: Path | None, names: tuple[str, ...]) -> None:
    """Run the broker and every agent that this host can serve, until Ctrl-C.

    What dies is started again. On Ctrl-C or SIGTERM agents and broker end and guests run on: the
    next `up` in the same directories finds them again. For production use the systemd units.

      virtbus up
      virtbus up --dir /tmp/bus --only test
      virtbus --broker /tmp/bus/run list
    """
    from ..up import run_up

    context.exit(run_up(directory, names, as_json=session_of(context).json))
