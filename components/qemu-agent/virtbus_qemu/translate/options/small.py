"""Balloon, random numbers, watchdog, and what else a guest has one of."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.small import MemBalloon, Watchdog

from ..aliases import alias_of
from ..machine import Board
from ..places import place_of
from ..words import QmpCommand, json_option, unsupported

_VARIANTS = {
    "virtio": "pci",
    "virtio-transitional": "pci-transitional",
    "virtio-non-transitional": "pci-non-transitional",
}
_WATCHDOG_ACTIONS = {"dump": "pause"}


def balloon_options(balloon: MemBalloon | None, board: Board) -> Iterator[str]:
    """The balloon."""
    if balloon is None or balloon.model == "none":
        return
    if balloon.model not in _VARIANTS:
        raise unsupported("memballoon", f"model '{balloon.model}'", balloon.line)
    yield from (
        "-device",
        json_option(
            {
                "driver": f"virtio-balloon-{_VARIANTS[balloon.model]}",
                "id": alias_of(balloon),
                "deflate-on-oom": balloon.autodeflate,
                "free-page-reporting": balloon.free_page_reporting,
                **place_of(balloon.address, board),
            }
        ),
    )


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
    """What acts when the guest no longer does; all must agree on the action."""
    actions = {dog.action for dog in dogs}
    if len(actions) > 1:
        raise unsupported("watchdog", "watchdogs of different actions", dogs[0].line)
    for dog in dogs:
        match dog.model:
            case "i6300esb":
                place = place_of(dog.address, board)
                device = {"driver": "i6300esb", "id": alias_of(dog), **place}
                yield from ("-device", json_option(device))
            case "ib700":
                yield from ("-device", json_option({"driver": "ib700", "id": alias_of(dog)}))
            case "itco" if board.q35:
                yield from ("-global", "ICH9-LPC.noreboot=off")
            case model:
                raise unsupported("watchdog", f"model '{model}' on this machine", dog.line)
    for action in actions:
        yield from ("-watchdog-action", _WATCHDOG_ACTIONS.get(action, action))


def audio_options(domain: Domain) -> Iterator[str]:
    """The host's end of sound."""
    for audio in domain.devices.audios:
        if audio.type != "none":
            raise unsupported("audio", f"type '{audio.type}'", audio.line)
        yield from ("-audiodev", json_option({"id": f"audio{audio.id}", "driver": "none"}))
