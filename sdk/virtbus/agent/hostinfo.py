"""The host, from /proc and /sys: what every agent tells of it (proc(5), sysfs of the kernel)."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

import msgspec

from ..operations.host import HostInfo

_CPUS = Path("/sys/devices/system/cpu")
_NODES = Path("/sys/devices/system/node")


class HostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What does not change while the host is up."""

    hostname: str
    arch: str
    cpu_model: str
    cpus: int
    mhz: int
    nodes: int
    sockets: int
    cores: int
    threads: int
    memory_kib: int


def read_host() -> HostFacts:
    """Read the host's facts; what the kernel does not tell is 1 or 0."""
    cpuinfo = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    model = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    mhz = re.search(r"^cpu MHz\s*:\s*(\d+)", cpuinfo, re.MULTILINE)
    packages, cores, cpus = _topology()
    nodes = len(list(_NODES.glob("node[0-9]*"))) or 1
    cores_of_socket = max(1, cores // max(1, packages))
    return HostFacts(
        hostname=platform.node(),
        arch=platform.machine(),
        cpu_model=model.group(1).strip() if model else platform.machine(),
        cpus=cpus,
        mhz=int(mhz.group(1)) if mhz else 0,
        nodes=nodes,
        sockets=max(1, packages // nodes),
        cores=cores_of_socket,
        threads=max(1, cpus // (max(1, packages) * cores_of_socket)),
        memory_kib=read_memory_kib()[0],
    )


def _topology() -> tuple[int, int, int]:
    """Packages, cores and processors that are online."""
    packages: set[str] = set()
    cores: set[tuple[str, str]] = set()
    cpus = os.cpu_count() or 1
    for cpu in _CPUS.glob("cpu[0-9]*"):
        try:
            package = (cpu / "topology/physical_package_id").read_text().strip()
            core = (cpu / "topology/core_id").read_text().strip()
        except OSError:
            continue  # offline, or the architecture does not tell
        packages.add(package)
        cores.add((package, core))
    return len(packages) or 1, len(cores) or cpus, cpus


def read_memory_kib() -> tuple[int, int]:
    """Total memory and what is available to new work, in KiB."""
    values = dict(
        re.findall(
            r"^(MemTotal|MemAvailable):\s+(\d+) kB$", Path("/proc/meminfo").read_text(), re.M
        )
    )
    return int(values.get("MemTotal", 0)), int(values.get("MemAvailable", 0))


def host_info(
    facts: HostFacts, *, uri: str, hypervisor: str, hypervisor_version: int, agent_version: str
) -> HostInfo:
    """The reply to `host.get_info`, with the memory that is free now."""
    return HostInfo(
        hostname=facts.hostname,
        hypervisor=hypervisor,
        hypervisor_version=hypervisor_version,
        agent_version=agent_version,
        cpu_model=facts.arch,
        cpus=facts.cpus,
        mhz=facts.mhz,
        nodes=facts.nodes,
        sockets=facts.sockets,
        cores=facts.cores,
        threads=facts.threads,
        memory_kib=facts.memory_kib,
        free_memory_kib=read_memory_kib()[1],
        uri=uri,
    )
