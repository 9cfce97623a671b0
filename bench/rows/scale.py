"""5,000 defined domains: define, list, restart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench import guests
from bench.goals import at_most, at_most_times
from bench.manager import Manager
from bench.row import Group, Row

NAMES = guests.names("scale", 5000)
BATCHES = 5
BATCH = len(NAMES) // BATCHES


@contextmanager
def prepare(manager: Manager) -> Iterator[None]:
    """Takes away afterwards what the rows have defined."""
    try:
        yield
    finally:
        manager.undefine_all()


def define_5000(manager: Manager) -> float:
    """Seconds for 5,000, as five times the time of the next thousand.

    All 5,000 take libvirt 13 s, so each of the five samples is one batch, onto
    those that are there already; after five samples there are 5,000.
    """
    names = NAMES[len(manager.defined) : len(manager.defined) + BATCH]
    documents = [guests.domain_xml(name) for name in names]
    return manager.define(documents, names) * BATCHES


def _require_all(manager: Manager) -> None:
    missing = NAMES[len(manager.defined) :]
    manager.define([guests.domain_xml(name) for name in missing], missing)


def list_5000(manager: Manager) -> float:
    """Milliseconds of one list of 5,000."""
    _require_all(manager)
    return manager.list_all() * 1e3


def restart_5000(manager: Manager) -> float:
    """Seconds from starting the manager anew to its first answered list of 5,000."""
    _require_all(manager)
    return manager.restart_to_list()


GROUP = Group(
    "scale",
    prepare,
    (
        Row(
            name="define_5000",
            what="5,000 domains defined, one by one or 16 at once",
            unit="s",
            goal=at_most_times(1),
            measure=define_5000,
            runs=BATCHES,
            runs_fixed=True,
        ),
        Row(
            name="list_5000",
            what="list of 5,000 domains",
            unit="ms",
            goal=at_most_times(1),
            measure=list_5000,
            runs=9,
        ),
        Row(
            name="restart_5000",
            what="restart with 5,000 domains, to the first list",
            unit="s",
            goal=at_most(1, "s"),
            measure=restart_5000,
        ),
    ),
)
