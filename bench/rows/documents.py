"""What a document costs: read, checked and written; made a command line."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from bench.goals import at_most
from bench.guests import LARGE_NICS, large_document
from bench.row import OURS, Group, Row
from bench.rows.start_up import prepare

REPEATS = 25
TAPS: dict[str, tuple[int, ...]] = {f"net{number}": (number + 4,) for number in range(LARGE_NICS)}


def round_trip_ms() -> float:
    """Milliseconds to parse, check and format a definition of 10 KiB."""
    from virtbus.model.domain import DOMAIN

    text = large_document()
    return _median_ms(lambda: _round_trip(DOMAIN, text))


def _round_trip(document, text: str) -> None:  # type: ignore[no-untyped-def]  # imported late
    domain = document.parse(text)
    document.check(domain)
    document.format(domain, inactive=True)


def tree_ms() -> float:
    """Milliseconds to parse and write the same with lxml alone, without a look at what it says."""
    from lxml import etree

    data = large_document().encode()
    return _median_ms(lambda: etree.tostring(etree.fromstring(data)))


def translate_ms() -> float:
    """Milliseconds to make a definition of 10 KiB a command line."""
    from virtbus.model.domain import DOMAIN
    from virtbus_qemu.translate import RuntimePaths, prepare, translate

    domain = DOMAIN.parse(large_document())
    caps = _capabilities()
    runtime = RuntimePaths(monitor_fd=3, directory="/run/guest", tap_fds=TAPS)
    return _median_ms(lambda: translate(prepare(domain, caps, "/run/guest").domain, caps, runtime))


@cache
def _capabilities():  # type: ignore[no-untyped-def]  # imported late
    from virtbus_qemu.link.probe import probe_now
    from virtbus_qemu.translate import parse_capabilities

    emulator = shutil.which("qemu-system-x86_64") or "qemu-system-x86_64"
    replies = asyncio.run(probe_now(Path(emulator)))
    return parse_capabilities(emulator, msgspec.structs.asdict(replies))


def _median_ms(work: Callable[[], object]) -> float:
    times_s = []
    for _ in range(REPEATS):
        start_s = time.perf_counter()
        work()
        times_s.append(time.perf_counter() - start_s)
    return statistics.median(times_s) * 1e3


GROUP = Group(
    "documents",
    prepare,
    (
        Row(
            name="document_10k",
            what="parse, check and format a domain of 10 KiB",
            unit="ms",
            goal=at_most(2, "ms"),
            managers=(),
            peer="",
            references={OURS: round_trip_ms, "lxml there and back": tree_ms},
            runs=9,
        ),
        Row(
            name="translate_10k",
            what="the same domain as QEMU's command line",
            unit="ms",
            goal=at_most(3, "ms"),
            managers=(),
            peer="",
            references={OURS: translate_ms},
            runs=9,
        ),
    ),
)
