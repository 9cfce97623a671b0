"""What the host tells of a guest's process, interfaces and users."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from virtbus.errors import InvalidArgument
from virtbus_qemu.link.process import RunAs
from virtbus_qemu.translate.replies import Units

UNITS = Units(
    tick_ns=1_000_000_000 // os.sysconf("SC_CLK_TCK"), page_kib=os.sysconf("SC_PAGE_SIZE") // 1024
)
FALLBACK_USERS = ("virtbus-qemu", "libvirt-qemu", "nobody")


def guest_user(name: str) -> RunAs | None:
    """Whom guests run as; None where the agent is not root. Raises InvalidArgument."""
    if os.geteuid() != 0:
        return None
    for candidate in (name,) if name else FALLBACK_USERS:
        try:
            entry = pwd.getpwnam(candidate)
        except KeyError:
            continue
        extra = tuple(gid for gid in (_kvm_gid(),) if gid is not None)
        return RunAs(uid=entry.pw_uid, gid=entry.pw_gid, extra_gids=extra)
    raise InvalidArgument(
        f"there is no user {name!r} for guests; create it or set another",
        field="user",
        reason="unknown",
    )


def _kvm_gid() -> int | None:
    try:
        return Path("/dev/kvm").stat().st_gid or None
    except FileNotFoundError:
        return None


def read_stat(pid: int, tid: int = 0) -> str:
    """The stat line of a process or of one of its threads; "" once it is gone."""
    path = f"/proc/{pid}/task/{tid}/stat" if tid else f"/proc/{pid}/stat"
    try:
        with open(path, encoding="ascii", errors="replace") as file:  # hot path
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def read_interface_counters(name: str) -> dict[str, int]:
    """The counters of a network interface of the host (sysfs); empty if it is gone."""
    folder = Path("/sys/class/net") / name / "statistics"
    try:
        return {entry.name: int(entry.read_text()) for entry in folder.iterdir()}
    except FileNotFoundError:
        return {}


def find_by_uuid(uuid: str) -> list[int]:
    """Processes whose command line has that UUID as an argument: guests of a start cut short."""
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (entry / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if uuid.encode() in arguments and b"-uuid" in arguments:
            found.append(int(entry.name))
    return found
