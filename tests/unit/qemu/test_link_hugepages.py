"""Huge pages of a host."""

from __future__ import annotations

from pathlib import Path

from virtbus_qemu.link.hugepages import default_hugepage_kib, hugepage_mounts


def test_mounts_by_the_size_of_their_pages(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "proc /proc proc rw 0 0\n"
        "none /dev/hugepages hugetlbfs rw,relatime 0 0\n"
        "none /mnt/1\\040G hugetlbfs rw,pagesize=1024M 0 0\n"
        "none /mnt/second hugetlbfs rw,pagesize=2M 0 0\n"
    )
    assert hugepage_mounts(2048, mounts) == {
        2048: Path("/dev/hugepages"),
        1048576: Path("/mnt/1 G"),
    }


def test_the_default_size(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 1 kB\nHugepagesize:    1048576 kB\n")
    assert default_hugepage_kib(meminfo) == 1048576
    meminfo.write_text("MemTotal: 1 kB\n")
    assert default_hugepage_kib(meminfo) == 2048
