"""The command `virtbus-agent`: makes a new agent, lists those installed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import VirtbusError
from .installed import installed_agents
from .scaffold import new_agent


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        lines = _new(options.name, options.dir) if options.command == "new" else _list()
    except (VirtbusError, OSError) as error:
        sys.stderr.write(f"virtbus-agent: {error}\n")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="virtbus-agent", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("new", help="make an agent that starts and supports nothing yet")
    new.add_argument("name", help="what it manages, as in NAME:///system")
    new.add_argument(
        "dir", nargs="?", type=Path, default=Path(), help="the project's folder (default: here)"
    )
    commands.add_parser("list", help="agents installed here, and whether this host can be served")
    return parser


def _new(name: str, root: Path) -> list[str]:
    made = [str(path) for path in new_agent(name, root)]
    return [*made, "", f"Next: pip install -e {root / 'components' / name}-agent"]


def _list() -> list[str]:
    return [
        f"{agent.name:<10} {agent.version:<8} {len(agent.operations):>3} operations  "
        f"{' '.join(agent.routes) or '-'}  {agent.why_unusable or 'usable'}"
        for agent in installed_agents()
    ]


if __name__ == "__main__":
    sys.exit(main())
