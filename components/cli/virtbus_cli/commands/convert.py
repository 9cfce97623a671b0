"""`virtbus convert`."""

from __future__ import annotations

from typing import BinaryIO

import click

from ..base import BusCommand
from ..session import find_domain, session_of


@click.command(
    "convert",
    cls=BusCommand,
    operations=("domain.to_native",),
    section="Look",
    short_help="A document in the hypervisor's own words",
)
@click.argument("file", type=click.File("rb"), metavar="[FILE]", required=False)
@click.option("--to", "native", metavar="FORMAT", required=True, help="qemu-argv: a command line.")
@click.option("--domain", metavar="DOMAIN", help="The definition of this one, instead of a file.")
@click.pass_context
def command(context: click.Context, file: BinaryIO | None, native: str, domain: str | None) -> None:
    """Print what an agent would tell its hypervisor for a document. Nothing is defined or started.

    virtbus convert --to qemu-argv guest.xml            a document, - is standard input
    virtbus convert --to qemu-argv --domain guest       a domain that is defined

    Descriptors that the agent opens at a start have stand-in numbers, so that the line shows what
    the guest gets, and is not to be run by hand.
    """
    from .. import show

    if (file is None) == (domain is None):
        raise click.UsageError("give a FILE, or --domain")
    session = session_of(context)
    with session.connect() as conn:
        if file is not None:
            xml = file.read().decode()
        else:
            assert domain is not None
            xml = find_domain(conn, domain).get_xml(inactive=True)
        config = conn.domain_to_native(native, xml).config
    if session.json:
        show.print_json({"config": config})
    else:
        print(config, end="" if config.endswith("\n") else "\n")
