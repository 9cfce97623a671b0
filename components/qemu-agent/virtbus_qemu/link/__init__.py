"""All waiting of the qemu-agent: processes, monitors, consoles, probes. No policy."""

from virtbus_qemu.link.console import Console
from virtbus_qemu.link.kvm import AcceleratorVerdict, try_kvm
from virtbus_qemu.link.monitor import Monitor, MonitorEvent
from virtbus_qemu.link.probe import (
    EmulatorFile,
    ProbeReplies,
    find_emulators,
    identify,
    probe,
    probe_now,
)
from virtbus_qemu.link.process import (
    ExitStatus,
    Process,
    ProcessIdentity,
    RunAs,
    adopt,
    listen,
    spawn,
)

__all__ = [
    "AcceleratorVerdict",
    "Console",
    "EmulatorFile",
    "ExitStatus",
    "Monitor",
    "MonitorEvent",
    "ProbeReplies",
    "Process",
    "ProcessIdentity",
    "RunAs",
    "adopt",
    "find_emulators",
    "identify",
    "listen",
    "probe",
    "probe_now",
    "spawn",
    "try_kvm",
]
