"""Balloon, random numbers, watchdog, and what else a guest has one of."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.address import SpaprVioAddress
from virtbus.model.domain.devices.small import MemBalloon, NvramDevice, Watchdog

from ..aliases import alias_of
from ..machine import Board
from ..places import device_place
from ..words import QmpCommand, invalid, json_option, unsupported
from .virtio import virtio_device

_WATCHDOG_ACTIONS = {"dump": "pause"}


def balloon_options(balloon: MemBalloon | None, board: Board) -> Iterator[str]:
    """The balloon."""
    if balloon is None or balloon.model == "none":
        return
    if balloon.model == "xen":
        raise unsupported("memballoon", "model 'xen'", balloon.line)
    head = virtio_device(
        "virtio-balloon", balloon.address, model=balloon.model, driver=balloon.driver
    )
    properties = {
        **head,
        "id": alias_of(balloon),
        "deflate-on-oom": balloon.autodeflate,
        "free-page-reporting": balloon.free_page_reporting,
        **device_place(balloon, board),
    }
    yield from ("-device", json_option(properties))


def balloon_commands(domain: Domain) -> Iterator[QmpCommand]:
    """A guest that starts with less than its memory, or tells of its use of it."""
    balloon, current = domain.devices.memballoon, domain.current_memory
    has_balloon = balloon is not None and balloon.model != "none"
    if current is not None and current.size_kib < domain.memory.size_kib:
        if has_balloon:
            yield QmpCommand("balloon", {"value": current.size_kib * 1024})
        else:
            current.size_kib = domain.memory.size_kib  # nothing can take the rest from the guest
    if balloon is not None and balloon.stats is not None and has_balloon:
        yield QmpCommand(
            "qom-set",
            {
                "path": f"/machine/peripheral/{alias_of(balloon)}",
                "property": "guest-stats-polling-interval",
                "value": balloon.stats.period_s,
            },
        )


def watchdog_options(dogs: list[Watchdog], board: Board) -> Iterator[str]:
    """What acts when the guest no longer does; all have one action. Q35 has its own dog."""
    for dog in dogs:
        if dog.model != "itco":
            properties = {"driver": dog.model, "id": alias_of(dog), **device_place(dog, board)}
            yield from ("-device", json_option(properties))
    if any(dog.model == "itco" for dog in dogs):
        yield from ("-global", "ICH9-LPC.noreboot=off")
    if dogs:
        action = dogs[-1].action
        yield from ("-watchdog-action", _WATCHDOG_ACTIONS.get(action, action))


def nvram_options(nvram: NvramDevice | None) -> Iterator[str]:
    """Where a pSeries guest keeps its settings."""
    if nvram is not None:
        reg = nvram.address.reg if isinstance(nvram.address, SpaprVioAddress) else None
        if reg is None:
            raise invalid("nvram", "an address of type 'spapr-vio' is needed", nvram.line)
        yield from ("-global", f"spapr-nvram.reg={reg:#x}")
