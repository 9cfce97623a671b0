"""Keyboards, mice and tablets besides the machine's own, and USB hubs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain.devices.input import Input
from virtbus.model.domain.devices.small import Hub

from ..aliases import alias_of
from ..machine import Board
from ..places import device_place, place_of
from ..words import json_option, unsupported
from .virtio import virtio_device

_USB = {"tablet": "usb-tablet", "mouse": "usb-mouse", "keyboard": "usb-kbd"}
_VIRTIO = {
    "tablet": "virtio-tablet",
    "mouse": "virtio-mouse",
    "keyboard": "virtio-keyboard",
    "passthrough": "virtio-input-host",
}


def input_options(inputs: list[Input], board: Board) -> Iterator[str]:
    """Inputs; one on ps2 is part of the machine."""
    for device in inputs:
        if device.type == "evdev":
            yield from ("-object", json_option(_evdev(device)))
        elif device.bus != "ps2":
            yield from ("-device", json_option(_device(device, board)))


def _device(device: Input, board: Board) -> dict[str, Any]:
    if device.bus == "usb" and device.type in _USB:
        properties: dict[str, Any] = {"driver": _USB[device.type]}
    elif device.bus == "virtio" and device.type in _VIRTIO:
        base = _VIRTIO[device.type]
        properties = virtio_device(base, device.address, driver=device.driver)
    else:
        raise unsupported("input", f"a {device.type} on bus '{device.bus}'", device.line)
    passed_through = device.source if device.type == "passthrough" else None
    return {
        **properties,
        "id": alias_of(device),
        "evdev": passed_through.evdev if passed_through else None,
        **device_place(device, board),
    }


def _evdev(device: Input) -> dict[str, Any]:
    source = device.source
    assert source is not None
    return {
        "qom-type": "input-linux",
        "id": alias_of(device),
        "evdev": source.dev,
        "repeat": source.repeat,
        "grab_all": True if source.grab == "all" else None,
        "grab-toggle": source.grab_toggle,
    }


def hub_options(hubs: list[Hub], board: Board) -> Iterator[str]:
    """USB hubs."""
    for hub in hubs:
        place = place_of(hub.address, board)
        properties = {"driver": "usb-hub", "id": alias_of(hub), **place}
        yield from ("-device", json_option(properties))
