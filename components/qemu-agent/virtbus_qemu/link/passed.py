"""What a guest inherits besides its taps: files, sockets, devices of the host.

Source of the vsock request: Linux include/uapi/linux/vhost.h.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from virtbus.errors import HypervisorFailed
from virtbus_qemu.link.process import listen
from virtbus_qemu.translate.runtime import FdRequest

_SET_GUEST_CID = 0x4008AF60
_LOWEST_CID, _HIGHEST_CID = 3, 0xFFFFFFFE
_MODES = {
    "truncate": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    "append": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    "device": os.O_RDWR,
    "cancel": os.O_WRONLY,
}


def open_passed(requests: Iterable[FdRequest], undo: ExitStack) -> tuple[dict[str, int], int]:
    """Open what is asked for, by name; and the number of the guest's vsock, or 0.

    All are closed by `undo`. Raises HypervisorFailed, naming what cannot be opened.
    """
    opened: dict[str, int] = {}
    cid = 0
    for request in requests:
        try:
            if request.use == "vsock":
                opened[request.name], cid = _vsock(request)
            elif request.use == "listen":
                opened[request.name] = listen(Path(request.path)).detach()
            else:
                mode = _MODES[request.use] | os.O_CLOEXEC | os.O_NOCTTY
                opened[request.name] = os.open(request.path, mode, 0o600)
        except OSError as error:
            raise HypervisorFailed(
                f"{request.path} cannot be opened for the guest", cause=str(error), operation="open"
            ) from error
        undo.callback(os.close, opened[request.name])
    return opened, cid


def open_vhost(path: str, count: int, undo: ExitStack, *, needed: bool) -> tuple[int, ...]:
    """The kernel's network device, once for each queue; () where it is not there nor `needed`."""
    opened: list[int] = []
    for _ in range(count):
        try:
            opened.append(os.open(path, os.O_RDWR | os.O_CLOEXEC))
        except OSError as error:
            if needed:
                raise HypervisorFailed(
                    f"{path} cannot be opened, and an interface asks for it",
                    cause=str(error),
                    operation="open",
                ) from error
            break
        undo.callback(os.close, opened[-1])
    return tuple(opened)


def _vsock(request: FdRequest) -> tuple[int, int]:
    """The kernel's end of a vsock that has the number asked for, or the first free one."""
    descriptor = os.open(request.path, os.O_RDWR | os.O_CLOEXEC)
    try:
        for cid in [request.cid] if request.cid else range(_LOWEST_CID, _HIGHEST_CID):
            try:
                fcntl.ioctl(descriptor, _SET_GUEST_CID, struct.pack("Q", cid))
            except OSError as error:
                if error.errno != errno.EADDRINUSE or request.cid:
                    raise
            else:
                return descriptor, cid
        raise OSError(errno.EADDRINUSE, "no number is free")
    except OSError:
        os.close(descriptor)
        raise
