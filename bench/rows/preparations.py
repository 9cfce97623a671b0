"""What groups of rows do before and after: guests that are there, and gone again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from bench import guests
from bench.manager import Manager

SETTLE_S = 3.0
"""Time for the firmware of started guests to come to rest."""

Preparation = Callable[[Manager], AbstractContextManager[None]]


def defined(names: Sequence[str], *, devices: bool = False) -> Preparation:
    """Guests that are defined; with `devices`, two disks and a NIC each."""

    @contextmanager
    def prepare(manager: Manager) -> Iterator[None]:
        documents = [
            guests.domain_xml(
                name, guests.make_disks(manager.images, name) if devices else (), nic=devices
            )
            for name in names
        ]
        try:
            manager.define(documents, names)
            yield
        finally:
            manager.undefine_all()

    return prepare


def running(names: Sequence[str], *, devices: bool = False) -> Preparation:
    """Guests that run, after a restart of the manager whose idle memory is noted."""

    @contextmanager
    def prepare(manager: Manager) -> Iterator[None]:
        manager.restart()
        time.sleep(1.0)
        manager.idle_pss_kib = int(manager.memory_kib("agent"))
        with defined(names, devices=devices)(manager):
            manager.start_some_at_a_time(names)
            time.sleep(SETTLE_S)
            yield

    return prepare
