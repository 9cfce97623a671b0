"""What `virtbus up` shows: one line a process, live on a terminal, each change a line elsewhere."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from virtbus.directories import Directories

from ..show import console, make_table, readable

if TYPE_CHECKING:
    from rich.live import Live

SETTLED = {"running", "present", "not usable"}


class Line(NamedTuple):
    """How one process is."""

    name: str
    state: str
    detail: str
    serves: str
    log: Path | None

    @property
    def settled(self) -> bool:
        """Whether nothing is expected to change soon."""
        return self.state in SETTLED


class Display:
    """Shows lines; a context manager that leaves the terminal as it was."""

    def __init__(self, where: Directories, *, as_json: bool) -> None:
        self._where = where
        self._as_json = as_json
        self._shown: dict[str, Line] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._as_json:
            return self
        print(f"virtbus up: sockets in {self._where.run}, logs in {self._where.log}; Ctrl-C ends")
        if sys.stdout.isatty():
            from rich.live import Live

            self._live = Live(console=console(), auto_refresh=False)
            self._live.start()
        sys.stdout.flush()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, lines: list[Line]) -> None:
        """Show how all are now."""
        news = [line for line in lines if self._shown.get(line.name) != line]
        self._shown = {line.name: line for line in lines}
        if self._live is not None:
            rows = [(each.name, each.state, each.serves, each.detail) for each in lines]
            table = make_table(("Process", "State", "Serves", ""), rows)
            self._live.update(table, refresh=bool(news))
            return
        for line in news:
            self._print(line)

    def say(self, text: str) -> None:
        """One sentence."""
        if self._as_json:
            print(json.dumps({"message": text}), flush=True)
        elif self._live is not None:
            self._live.console.print(text)
        else:
            print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    def _print(self, line: Line) -> None:
        if self._as_json:
            fields = line._asdict() | {"log": str(line.log) if line.log else None}
            print(json.dumps(fields), flush=True)
            return
        log = f"; log {line.log}" if line.log else ""
        detail = f" ({line.detail})" if line.detail else ""
        text = f"{line.name}: {line.state}{detail}, {line.serves}{log}"
        print(f"{time.strftime('%H:%M:%S')} {readable(text)}", flush=True)
