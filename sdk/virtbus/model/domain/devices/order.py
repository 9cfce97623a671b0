"""The order of controllers, and the indexes of those that have none."""

from __future__ import annotations

from .controller import USB2_MODELS, Controller


def insert_controller(controllers: list[Controller], new: Controller) -> None:
    """Put one where libvirt keeps it: with its type, by index, a USB 2 master before its own."""
    place: int | None = None
    for number in range(len(controllers) - 1, -1, -1):
        other = controllers[number]
        if other.type != new.type:
            continue
        if new.index is None:
            place = number + 1
            break
        index = -1 if other.index is None else other.index
        is_master = new.master is None and other.master is not None and index == new.index
        if index > new.index or is_master:
            place = number
        elif place is None:
            place = number + 1
    controllers.insert(len(controllers) if place is None else place, new)


def settle_order(controllers: list[Controller]) -> list[Controller]:
    """The same controllers in libvirt's order, each with an index."""
    result = _in_order(controllers)
    again = any(c.index is None for c in result)
    for number, controller in enumerate(result):
        if controller.index is None:
            master = _joined(result, number)
            controller.index = free_index(result, controller.type) if master is None else master
    return _in_order(result) if again else result


def free_index(controllers: list[Controller], kind: str) -> int:
    """The lowest index that no controller of that type has."""
    used = {c.index for c in controllers if c.type == kind}
    return next(i for i in range(len(used) + 1) if i not in used)


def _in_order(controllers: list[Controller]) -> list[Controller]:
    result: list[Controller] = []
    for controller in controllers:
        insert_controller(result, controller)
    return result


def _is_usb2(controller: Controller) -> bool:
    return controller.type == "usb" and controller.model in USB2_MODELS


def _joined(controllers: list[Controller], number: int) -> int | None:
    """The index of the USB 2 controller just before, when this is a companion it lacks."""
    controller = controllers[number]
    if number == 0 or not _is_usb2(controller):
        return None
    before = next((c for c in reversed(controllers[:number]) if c.type == "usb"), None)
    if before is None or not _is_usb2(before):
        return None
    same = (c.model for c in controllers if c.type == "usb" and c.index == before.index)
    return None if controller.model in same else before.index
