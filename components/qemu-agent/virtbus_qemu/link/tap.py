"""Tap devices: opened by the agent, handed to QEMU as descriptors, joined to their bridge.

Source: Linux Documentation/networking/tuntap.rst; rtnetlink through pyroute2.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import struct

from virtbus.errors import HypervisorFailed

_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI, _IFF_VNET_HDR, _IFF_MULTI_QUEUE = 0x2, 0x1000, 0x4000, 0x100
MAX_NAME_BYTES = 15
SET_UP_S = 5.0


async def open_tap(
    name: str, *, bridge: str, mtu_bytes: int, queues: int
) -> tuple[str, tuple[int, ...]]:
    """Make a tap device, set it up and join it to `bridge`; its name and open queues.

    `name` "" or ending in %d lets the kernel choose. Raises HypervisorFailed.
    """
    flags = _IFF_TAP | _IFF_NO_PI | _IFF_VNET_HDR | (_IFF_MULTI_QUEUE if queues > 1 else 0)
    wanted = (name or "vnet%d").encode()[:MAX_NAME_BYTES]
    with contextlib.ExitStack() as cleanup:
        opened: list[int] = []
        try:
            for _ in range(max(1, queues)):
                queue = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
                cleanup.callback(os.close, queue)
                request = fcntl.ioctl(queue, _TUNSETIFF, struct.pack("16sH22x", wanted, flags))
                wanted = request[:16].rstrip(b"\0")
                opened.append(queue)
            async with asyncio.timeout(SET_UP_S):
                await _set_up(wanted.decode(), bridge, mtu_bytes)
        except OSError as error:  # TimeoutError is one, too
            raise HypervisorFailed(
                f"no tap device {name or 'vnet'} on bridge {bridge or '-'}; check that the "
                "bridge exists and that the agent may make taps",
                cause=str(error) or f"the kernel did not answer within {SET_UP_S:g} s",
                operation="tap",
            ) from error
        cleanup.pop_all()
    return wanted.decode(), tuple(opened)


async def _set_up(name: str, bridge: str, mtu_bytes: int) -> None:
    from pyroute2 import AsyncIPRoute  # slow to import, and only these guests need it
    from pyroute2.netlink.exceptions import NetlinkError

    async with AsyncIPRoute() as route:
        try:
            (index,) = await route.link_lookup(ifname=name)
            if mtu_bytes:
                await route.link("set", index=index, mtu=mtu_bytes)
            if bridge:
                master = await route.link_lookup(ifname=bridge)
                if not master:
                    raise OSError(f"there is no bridge {bridge}")
                await route.link("set", index=index, master=master[0])
            await route.link("set", index=index, state="up")
        except NetlinkError as error:
            raise OSError(str(error)) from error
