"""Huge pages of this host: their default size, and where hugetlbfs is mounted."""

from __future__ import annotations

import re
from pathlib import Path

_FACTORS = {"K": 1, "M": 1024, "G": 1024 * 1024}
_DEFAULT = re.compile(r"^Hugepagesize:\s*(\d+) kB", re.MULTILINE)


def default_hugepage_kib(meminfo: Path = Path("/proc/meminfo")) -> int:
    """The size of a huge page where none is told; 2048 on a host that does not say."""
    found = _DEFAULT.search(meminfo.read_text(encoding="ascii"))
    return int(found[1]) if found else 2048


def hugepage_mounts(default_kib: int, mounts: Path = Path("/proc/mounts")) -> dict[int, Path]:
    """The first mount of hugetlbfs for each size of page, in KiB."""
    found: dict[int, Path] = {}
    for line in mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        _, place, kind, options, *_ = line.split(" ")
        if kind == "hugetlbfs":
            found.setdefault(_page_kib(options) or default_kib, Path(_unescaped(place)))
    return found


def _page_kib(options: str) -> int:
    told = re.search(r"(?:^|,)pagesize=(\d+)([KMG])", options)
    return int(told[1]) * _FACTORS[told[2]] if told else 0


def _unescaped(place: str) -> str:
    """The kernel writes blanks and the like as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), place)
