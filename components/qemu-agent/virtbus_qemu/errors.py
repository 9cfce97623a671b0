"""What QEMU says went wrong, as errors of the catalogue: a table.

QMP has a handful of error classes and puts the rest into the description; the
description travels on as `cause`. (QEMU's qapi/error.json, `QapiErrorClass`.)
"""

from __future__ import annotations

from typing import NamedTuple

from virtbus.errors import (
    HypervisorFailed,
    InvalidState,
    OutcomeUnknown,
    Unsupported,
    VirtbusError,
)


class _Meaning(NamedTuple):
    error: type[VirtbusError]
    advice: str
    field: str  # the error's field that names the command; "" if it has none


_MEANINGS = {
    "GenericError": _Meaning(HypervisorFailed, "QEMU refused {command}", "operation"),
    "CommandNotFound": _Meaning(
        Unsupported, "this QEMU does not know {command}; a newer one may", "feature"
    ),
    "DeviceNotActive": _Meaning(
        InvalidState, "{command}: the device is not active in the running guest", ""
    ),
    "DeviceNotFound": _Meaning(
        InvalidState, "{command}: the running guest has no such device; look at its live XML", ""
    ),
    "KVMMissingCap": _Meaning(
        Unsupported, "{command} needs a newer KVM than this host's kernel has", "feature"
    ),
}


class MonitorGone(OutcomeUnknown):
    """The connection to the guest's monitor ended before the command was answered.

    Travels as its parent: whether the command took effect is unknown. A driver
    that asked QEMU to quit reads it as success once the process is gone too.
    """


def from_qmp(error_class: str, description: str, command: str) -> VirtbusError:
    """The catalogue error for an `error` reply to `command`.

    A class that QEMU does not have today counts as GenericError.
    """
    meaning = _MEANINGS.get(error_class, _MEANINGS["GenericError"])
    details = {meaning.field: command} if meaning.field else {}
    return meaning.error(meaning.advice.format(command=command), cause=description, **details)
