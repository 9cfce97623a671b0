"""Where guests' memory of huge pages comes from."""

from __future__ import annotations

from virtbus.errors import HypervisorFailed
from virtbus.model.domain import Domain
from virtbus_qemu.link.files import make_directory
from virtbus_qemu.link.hugepages import default_hugepage_kib, hugepage_mounts
from virtbus_qemu.link.process import RunAs

FOLDER = "virtbus-qemu"


def hugepage_folders(live: Domain, run_as: RunAs | None) -> dict[int, str]:
    """A folder of the guests' user on each mount of hugetlbfs, by the page in KiB.

    QEMU removes the names of its files there at once. Nothing is made for a guest that does
    not ask for huge pages. Raises HypervisorFailed when a folder cannot be made.
    """
    backing = live.memory_backing
    pages = [device.source.pagesize for device in live.devices.memories if device.source]
    if not any(pages) and (backing is None or backing.hugepages is None):
        return {}
    found = {}
    for size_kib, mount in hugepage_mounts(default_hugepage_kib()).items():
        folder = mount / FOLDER
        try:
            make_directory(folder, 0o700, run_as)
        except OSError as error:
            raise HypervisorFailed(
                f"{folder} cannot be made for huge pages", cause=str(error), operation="start"
            ) from error
        found[size_kib] = str(folder)
    return found
