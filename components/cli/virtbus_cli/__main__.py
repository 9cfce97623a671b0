"""The command `virtbus`."""

from __future__ import annotations

import sys

from .app import run


def main() -> None:
    """Run it and exit with its status."""
    sys.exit(run())


if __name__ == "__main__":
    main()
