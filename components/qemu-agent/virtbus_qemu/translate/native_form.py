"""A domain in QEMU's own words, for people to read: nothing is opened, nothing is started."""

from __future__ import annotations

import itertools
import shlex

from virtbus.model.domain import Domain

from .capabilities import QemuCapabilities
from .command import translate
from .prepare import prepare
from .runtime import RuntimePaths

FORMAT = "qemu-argv"
FIRST_FD = 3


def native_form(domain: Domain, caps: QemuCapabilities, directory: str) -> str:
    """The variables and the command line of a guest, an option a line, as a shell reads them.

    Descriptors that a start would open have numbers of the order in which they are asked for;
    `directory` stands for the guest's own. Raises as `translate`.
    """
    prepared = prepare(domain, caps, directory)
    taps = prepared.needs.taps
    numbers = itertools.count(FIRST_FD)
    runtime = RuntimePaths(
        monitor_fd=next(numbers),
        directory=directory,
        tap_fds={tap.alias: tuple(next(numbers) for _ in range(tap.queues)) for tap in taps},
        fds={request.name: next(numbers) for request in prepared.needs.fds},
        vhost_fds={
            tap.alias: tuple(next(numbers) for _ in range(tap.queues)) for tap in taps if tap.vhost
        },
    )
    command = translate(prepared.domain, caps, runtime)
    lines = [f"{name}={shlex.quote(value)}" for name, value in command.environment.items()]
    return " \\\n".join([*lines, *_by_option(command.argv)]) + "\n"


def _by_option(argv: tuple[str, ...]) -> list[str]:
    """The program, then each option with its value."""
    lines: list[str] = []
    for word in argv:
        if word.startswith("-") or not lines:
            lines.append(shlex.quote(word))
        else:
            lines[-1] += f" {shlex.quote(word)}"
    return lines
