"""-smp, and the threads for input and output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain import Domain

from ..machine import Board
from ..words import json_option, keyed


def smp_options(domain: Domain, board: Board) -> Iterator[str]:
    """How many processors, and how they are grouped. Those to plug in later are not counted."""
    maximum = domain.vcpu.maximum or 1
    current = domain.vcpu.current or maximum
    if domain.vcpus is not None:
        states = domain.vcpus.vcpu
        current = sum(state.enabled and state.hotpluggable is not True for state in states)
    topology = domain.cpu.topology if domain.cpu else None
    groups: dict[str, int | None] = {"sockets": maximum, "cores": 1, "threads": 1}
    if topology is not None:
        groups = {
            "sockets": topology.sockets,
            "dies": topology.dies or 1,
            "clusters": (topology.clusters or 1)
            if board.caps.has("machine-smp-clusters")
            else None,
            "cores": topology.cores,
            "threads": topology.threads,
        }
    yield "-smp"
    yield keyed(str(current), maxcpus=maximum if maximum != current else None, **groups)


def iothread_options(domain: Domain) -> Iterator[str]:
    """The threads, by number, and the pool of the main loop."""
    named = domain.iothreadids.iothread if domain.iothreadids else []
    threads = dict.fromkeys(range(1, (domain.iothreads or 0) + 1)) if not named else {}
    for number in threads:
        yield from ("-object", json_option({"qom-type": "iothread", "id": f"iothread{number}"}))
    for thread in named:
        properties: dict[str, Any] = {
            "qom-type": "iothread",
            "id": f"iothread{thread.id}",
            "thread-pool-min": _known(thread.thread_pool_min),
            "thread-pool-max": _known(thread.thread_pool_max),
        }
        if thread.poll is not None:
            properties |= {
                "poll-max-ns": thread.poll.max_ns,
                "poll-grow": thread.poll.grow,
                "poll-shrink": thread.poll.shrink,
            }
        yield from ("-object", json_option(properties))
    default = domain.defaultiothread
    if default is not None:
        pool = {
            "qom-type": "main-loop",
            "id": "main-loop",
            "thread-pool-min": _known(default.thread_pool_min),
            "thread-pool-max": _known(default.thread_pool_max),
        }
        yield from ("-object", json_option(pool))


def _known(size: int | None) -> int | None:
    """-1 stands for what QEMU does by itself."""
    return None if size is None or size < 0 else size
