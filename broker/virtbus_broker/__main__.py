"""The command `virtbus-broker`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from virtbus.directories import own_directories

from . import __version__, log
from .config import ConfigError, load
from .keys import KeyFileError, make_key_file
from .rundir import RunDirError
from .shell import BindError, Shell

_SETTINGS = ("run_dir", "group", "tcp", "key_file", "roles_file", "log_level", "log_format")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to end, or make keys; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "keygen":
            print(make_key_file(options.file))  # noqa: T201  # the public key is the command's output
            return 0
        given = {name: value for name in _SETTINGS if (value := getattr(options, name)) is not None}
        settings = load(own_directories(), config=options.config, arguments=given)
        logger = log.set_up(settings.log_level, settings.log_format)
        Shell(settings, logger).run()
    except (ConfigError, KeyFileError, RunDirError, BindError) as error:
        sys.stderr.write(f"virtbus-broker: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="virtbus-broker",
        description="The broker of virtbus: the one process at which clients and agents meet. "
        "SIGTERM and SIGINT end it, SIGHUP rereads the roles file.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML file of settings")
    parser.add_argument("--run-dir", metavar="DIR", help="where the sockets are")
    parser.add_argument("--group", help="group that may use the read-write socket")
    parser.add_argument(
        "--tcp", metavar="tcp://ADDRESS:PORT", help="serve TCP with CURVE too; updates on PORT+1"
    )
    parser.add_argument("--key-file", metavar="FILE", help="the broker's own CURVE keys")
    parser.add_argument("--roles-file", metavar="FILE", help="the keys that may connect over TCP")
    parser.add_argument("--log-level", choices=("debug", "info", "warning", "error"))
    parser.add_argument("--log-format", choices=("console", "json"))
    commands = parser.add_subparsers(dest="command", metavar="keygen FILE")
    keygen = commands.add_parser("keygen", help="write new CURVE keys and print the public one")
    keygen.add_argument("file", type=Path, help="the file to make (mode 0600)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
