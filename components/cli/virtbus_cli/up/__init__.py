"""`virtbus up`: broker and agents, kept running in the foreground."""

from __future__ import annotations

from pathlib import Path


def run_up(directory: Path | None, names: tuple[str, ...], *, as_json: bool) -> int:
    """Run until SIGINT, SIGTERM or SIGHUP; gives the exit status."""
    import asyncio

    from .supervisor import run

    return asyncio.run(run(directory, names, as_json=as_json))
