"""`virtbus xml`."""

from __future__ import annotations

import click

from ..base import DOMAIN, BusCommand
from ..session import find_domain, session_of


@click.command(
    "xml",
    cls=BusCommand,
    operations=("domain.get_xml", "domain.get_secret_xml"),
    section="Look",
    short_help="A domain's document",
)
@click.argument("domain", type=DOMAIN, metavar="DOMAIN")
@click.option("--inactive", is_flag=True, help="The definition, even while the domain runs.")
@click.option("--secret", is_flag=True, help="With its passwords; not through --readonly.")
@click.pass_context
def command(context: click.Context, domain: str, inactive: bool, secret: bool) -> None:
    """Print a domain's document: the live one while it runs.

    virtbus xml guest >guest.xml      then edit it, and
    virtbus define guest.xml          it holds from the next start
    """
    from .. import show

    session = session_of(context)
    with session.connect() as conn:
        found = find_domain(conn, domain)
        read = found.get_secret_xml if secret else found.get_xml
        text = read(inactive=inactive)
    if session.json:
        show.print_json({"xml": text})
    else:
        print(text, end="" if text.endswith("\n") else "\n")
