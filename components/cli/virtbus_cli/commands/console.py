"""`virtbus console`."""

from __future__ import annotations

import sys

import click

from ..base import DOMAIN, BusCommand
from ..session import find_domain, session_of


@click.command(
    "console",
    cls=BusCommand,
    operations=("domain.open_console",),
    section="Look",
    shared=("uri", "broker", "deadline_s"),
    short_help="Talk to a guest on its serial port; ^] leaves",
)
@click.argument("domain", type=DOMAIN, metavar="DOMAIN")
@click.option("--device", metavar="ALIAS", help="Which one, as serial1.  [default: the first]")
@click.option("--steal", is_flag=True, help="Take it from whoever has it now.")
@click.option("--follow", is_flag=True, help="In a pipe: go on until the guest's end or Ctrl-C.")
@click.option(
    "--linger", "linger_s", default=1.0, show_default=True, metavar="SECONDS",
    type=click.FloatRange(0, 86_400),
    help="In a pipe: after the input's end, wait for output until it is silent for so long.",
)  # fmt: skip
@click.pass_context
def command(
    context: click.Context,
    domain: str,
    device: str | None,
    steal: bool,
    follow: bool,
    linger_s: float,
) -> None:
    """Be the terminal at a guest's serial port or console.

    On a terminal ^] leaves, and all other keys go to the guest. Otherwise it is a pipe: standard
    input goes to the guest and its output to standard output.

      virtbus console guest
      echo uname -a | virtbus console guest
      virtbus console guest --follow </dev/null >guest.log
    """
    from ..stream import FOREVER_S, carry, interact

    session = session_of(context)
    with session.connect() as conn:
        found = find_domain(conn, domain)
        with found.open_console(device=device, steal=steal) as stream:
            if sys.stdin.isatty() and sys.stdout.isatty():
                interact(stream, found.name)
            else:
                carry(stream, linger_s=FOREVER_S if follow else linger_s)
