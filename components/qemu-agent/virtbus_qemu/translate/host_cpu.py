"""What a processor that is told by the host's is when a guest starts: its model and features."""

from __future__ import annotations

import re

from virtbus.model.domain import Domain
from virtbus.model.domain.cpu import Cpu, CpuFeature, CpuModel

from .capabilities import HostCpu
from .machine import Board
from .words import unsupported

_NOT_FOR_GUESTS = frozenset({"cmt", "mbm_total", "mbm_local", "osxsave", "ospke"})
"""Features of hosts that QEMU has no name for: it shows them when they matter."""
_NOT_MIGRATABLE = frozenset({"invtsc"})
_POWER = re.compile(r"power(\d+)", re.IGNORECASE)


def settle_host_cpu(live: Domain, board: Board) -> None:
    """Write the model and the features into the live document, where the host's are known.

    Raises Unsupported for what the host's processor cannot be.
    """
    cpu, host = live.cpu, board.caps.host_cpus.get(live.type)
    if cpu is None or host is None or cpu.mode not in ("custom", "host-model"):
        return
    if board.ppc64:
        _compatible(cpu, host)
        return
    if cpu.mode == "host-model" or cpu.match == "minimum":
        _take(cpu, host)
    elif cpu.match == "strict":
        _drop_others(cpu, host)
    for feature in cpu.feature:
        if feature.policy == "optional" and host.features.get(feature.name):
            feature.policy = "require"
    cpu.feature = [
        feature
        for feature in cpu.feature
        if feature.policy != "optional" and not (board.x86 and feature.name in _NOT_FOR_GUESTS)
    ]


def _take(cpu: Cpu, host: HostCpu) -> None:
    """The host's model with its features; what the document says of a feature goes before."""
    own = {feature.name: feature for feature in cpu.feature}
    features = [
        CpuFeature(policy="require" if state else "disable", name=name)
        for name, state in host.features.items()
        if name not in own and name not in _NOT_MIGRATABLE
    ]
    vendor_id = cpu.model.vendor_id if cpu.model else None
    cpu.mode, cpu.match = "custom", "exact"
    cpu.model = CpuModel(fallback="forbid", vendor_id=vendor_id, name=host.model)
    cpu.feature = [*features, *cpu.feature]


def _drop_others(cpu: Cpu, host: HostCpu) -> None:
    """What the host has beyond the document is taken away."""
    if cpu.model is None or cpu.model.name != host.model:
        raise unsupported("cpu", f"match 'strict' on a host that is a {host.model}", cpu.line)
    own = {feature.name for feature in cpu.feature}
    others = [name for name, state in host.features.items() if state and name not in own]
    cpu.feature += [CpuFeature(policy="disable", name=name) for name in reversed(others)]
    cpu.match = "exact"


def _compatible(cpu: Cpu, host: HostCpu) -> None:
    """A Power processor can be as an older one, not as a newer one."""
    wanted = _POWER.match(cpu.model.name or "") if cpu.model else None
    real = _POWER.match(host.model)
    if cpu.mode == "host-model" and wanted and real and int(wanted[1]) > int(real[1]):
        raise unsupported("cpu/model", f"'{wanted[0]}' on a host that is a {host.model}", cpu.line)
