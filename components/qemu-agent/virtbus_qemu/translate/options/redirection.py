"""Smartcards, and USB devices of the person who looks at the guest."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain.devices.address import CcidAddress
from virtbus.model.domain.devices.redirdev import RedirDev, RedirFilter, UsbRule
from virtbus.model.domain.devices.smartcard import Smartcard

from ..aliases import alias_of
from ..machine import Board
from ..places import place_of
from ..words import json_option
from .chardevs import Lines

DEFAULT_DATABASE = "/etc/pki/nssdb"
_ANY = "-1"


def smartcard_options(cards: list[Smartcard], lines: Lines, board: Board) -> Iterator[str]:
    """The card in the guest's reader."""
    for card in cards:
        alias = alias_of(card)
        controller = card.address.controller if isinstance(card.address, CcidAddress) else 0
        if card.mode == "passthrough" and card.type:
            yield from lines.options(alias, card.type, card, spice="smartcard")
        yield from (
            "-device",
            json_option({**_card(card), "id": alias, "bus": f"{board.bus('ccid', controller)}.0"}),
        )


def _card(card: Smartcard) -> dict[str, str | None]:
    match card.mode:
        case "host":
            return {"driver": "ccid-card-emulated", "backend": "nss-emulated"}
        case "host-certificates":
            names = {f"cert{n}": name for n, name in enumerate(card.certificates, 1)}
            return {
                "driver": "ccid-card-emulated",
                "backend": "certificates",
                **names,
                "db": card.database or DEFAULT_DATABASE,
            }
        case "passthrough":
            return {"driver": "ccid-card-passthru", "chardev": f"char{alias_of(card)}"}


def redirdev_options(
    redirdevs: list[RedirDev], rules: RedirFilter | None, lines: Lines, board: Board
) -> Iterator[str]:
    """The slots for USB devices from afar; one filter for all."""
    allowed = "|".join(map(_rule, rules.rules)) if rules else ""
    for redirdev in redirdevs:
        alias = alias_of(redirdev)
        yield from lines.options(alias, redirdev.type, redirdev, spice="usbredir")
        device = {
            "driver": "usb-redir",
            "chardev": f"char{alias}",
            "id": alias,
            "filter": allowed or None,
            "bootindex": redirdev.boot.order if redirdev.boot else None,
            **place_of(redirdev.address, board),
        }
        yield from ("-device", json_option(device))


def _rule(rule: UsbRule) -> str:
    """class:vendor:product:version:allow."""
    usb_class = _ANY if rule.usb_class is None else f"0x{rule.usb_class:02X}"
    vendor = _ANY if rule.vendor is None else f"0x{rule.vendor:04X}"
    product = _ANY if rule.product is None else f"0x{rule.product:04X}"
    return f"{usb_class}:{vendor}:{product}:{_version(rule.version)}:{int(rule.allow)}"


def _version(version: str | None) -> str:
    """Binary coded decimal: 2.56 is 0x0256."""
    if version is None:
        return _ANY
    major, _, minor = version.partition(".")
    return f"0x{int(major):02d}{int(minor):02d}"
