"""-machine, -accel, -cpu, -m, -smp, -rtc, -boot: the guest without its devices."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.boot import Os
from virtbus.model.domain.clock import Clock, Timer

from ..capabilities import MachineType, QemuCapabilities
from ..machine import Board
from ..refuse import refuse_set
from ..runtime import RuntimePaths
from ..words import escaped, invalid, json_option, keyed, on_off, unsupported

_PFLASH = ("pflash0", "pflash1")


def machine_options(domain: Domain, machine: MachineType, caps: QemuCapabilities) -> Iterator[str]:
    """The machine and its accelerator."""
    features = domain.features
    timers = {timer.name: timer for timer in domain.clock.timer} if domain.clock else {}
    hpet = timers.get("hpet")
    flash = _PFLASH[: len(flash_files(domain.os))]
    options = keyed(
        machine.name,
        usb=False,
        vmport=_state(features.vmport if features else None),
        smm=_state(features.smm if features else None),
        dump_guest_core=bool(domain.memory.dump_core),
        memory_backend=machine.ram_id or None,
        acpi=bool(features and features.acpi),
        hpet=None if hpet is None or hpet.present is None else hpet.present,
    )
    yield from ("-machine", ",".join([options, *(f"{f}=libvirt-{f}-format" for f in flash)]))
    match domain.type:
        case "qemu":
            yield from ("-accel", "tcg")
        case "kvm" if caps.kvm_usable:
            yield from ("-accel", "kvm")
        case kind:
            raise unsupported("domain", f"type '{kind}' on this host", domain.line)


def _state(state: object) -> bool | None:
    value = getattr(state, "state", None)
    return value if value is None else bool(value)


def memory_options(domain: Domain, machine: MachineType) -> Iterator[str]:
    """The guest's memory, in one block."""
    size_kib = domain.memory.size_kib
    if not size_kib:
        raise invalid("memory", "a guest needs some", domain.memory.line)
    yield from ("-m", f"size={size_kib}k")
    if machine.ram_id:
        yield from (
            "-object",
            json_option(
                {
                    "qom-type": "memory-backend-ram",
                    "id": machine.ram_id,
                    "size": size_kib * 1024,
                }
            ),
        )
    yield from ("-overcommit", "mem-lock=off")


def smp_options(domain: Domain) -> Iterator[str]:
    """How many processors, and how they are grouped."""
    refuse_set("vcpu", domain.vcpu, "cpuset")
    if domain.vcpu.placement == "auto":
        raise unsupported("vcpu", "placement 'auto'", domain.vcpu.line)
    maximum = domain.vcpu.maximum or 1
    current = domain.vcpu.current or maximum
    topology = domain.cpu.topology if domain.cpu else None
    if topology is not None and (topology.clusters or 1) > 1:
        raise unsupported("cpu/topology", "'clusters'", topology.line)
    sockets, dies, cores, threads = maximum, 1, 1, 1
    if topology is not None:
        sockets, dies = topology.sockets, topology.dies or 1
        cores, threads = topology.cores, topology.threads
    yield "-smp"
    yield keyed(
        str(current),
        maxcpus=maximum if maximum != current else None,
        sockets=sockets,
        dies=dies,
        cores=cores,
        threads=threads,
    )


def clock_options(domain: Domain, runtime: RuntimePaths) -> Iterator[str]:
    """The real-time clock, and what becomes of lost ticks."""
    clock = domain.clock or Clock(offset="utc")
    timers = {timer.name: timer for timer in clock.timer}
    if len(timers) != len(clock.timer):
        raise invalid("clock", "a timer is given more than once", clock.line)
    rtc = timers.get("rtc")
    yield "-rtc"
    yield keyed(
        "",
        base=_base(clock, runtime),
        clock={"guest": "vm", "realtime": "rt"}.get(rtc.track or "") if rtc else None,
        driftfix="slew" if rtc and rtc.tickpolicy == "catchup" else None,
    )
    for timer in clock.timer:
        yield from _timer(timer, domain)


def _base(clock: Clock, runtime: RuntimePaths) -> str:
    if clock.offset != "variable":
        refuse_set("clock", clock, "basis")
    if clock.offset != "absolute":
        refuse_set("clock", clock, "start")
    else:
        refuse_set("clock", clock, "adjustment")
    refuse_set("clock", clock, "timezone")
    match clock.offset:
        case None | "utc" | "localtime":
            if clock.adjustment not in (None, "0", "reset"):
                raise unsupported("clock", "'adjustment' with this offset", clock.line)
            return clock.offset or "utc"
        case "variable" if clock.basis in (None, "utc"):
            try:
                start_s = runtime.now_s + int(clock.adjustment or "0")
            except ValueError:
                raise invalid("clock", "adjustment must be seconds", clock.line) from None
        case "absolute" if clock.start is not None:
            start_s = clock.start
        case offset:
            raise unsupported("clock", f"offset '{offset}' so given", clock.line)
    try:
        start = datetime.datetime.fromtimestamp(start_s, datetime.UTC)
    except (OverflowError, ValueError, OSError):
        raise invalid("clock", "the time is out of range", clock.line) from None
    return start.strftime("%Y-%m-%dT%H:%M:%S")


def _timer(timer: Timer, domain: Domain) -> Iterator[str]:
    refuse_set("clock/timer", timer, "catchup", "mode")
    if timer.name not in ("rtc", "tsc"):
        refuse_set("clock/timer", timer, "track")
    if timer.name != "tsc":
        refuse_set("clock/timer", timer, "frequency_hz")
    match timer.name, timer.tickpolicy:
        case "rtc", None | "catchup" | "delay":
            if timer.present is False:
                raise unsupported("clock/timer", "a machine without rtc", timer.line)
        case "pit", None | "delay" | "discard" if timer.present is not False:
            if domain.type == "kvm" and timer.tickpolicy:
                yield from ("-global", f"kvm-pit.lost_tick_policy={timer.tickpolicy}")
        case (("hpet" | "tsc" | "kvmclock" | "hypervclock"), None):
            pass  # hpet is the machine's, the others the CPU's
        case name, policy:
            raise unsupported("clock/timer", f"timer '{name}' {policy or ''}", timer.line)


def boot_options(domain: Domain, board: Board) -> Iterator[str]:
    """Firmware, kernel, boot menu, and what a reboot means."""
    os = domain.os
    menu, bios = os.bootmenu, os.bios
    yield "-boot"
    yield keyed(
        "",
        menu=menu.enable if menu else None,
        splash_time=menu.timeout_ms if menu and menu.enable else None,
        reboot_timeout=bios.reboot_timeout_ms if bios else None,
        strict=True,
    )
    if bios is not None and bios.use_serial:
        raise unsupported("os/bios", "'useserial'", bios.line)
    if (os.initrd or os.cmdline) and not os.kernel:
        raise invalid("os", "initrd and cmdline need a kernel", os.line)
    for option, value in (("-kernel", os.kernel), ("-initrd", os.initrd), ("-dtb", os.dtb)):
        if value:
            yield from (option, _path(value, f"os/{option[1:]}"))
    if os.cmdline:
        yield from ("-append", os.cmdline)
    if os.loader is not None and os.loader.type != "pflash":
        refuse_set("os/loader", os.loader, "secure", "stateless", "format")
        yield from ("-bios", _path(os.loader.path or "", "os/loader"))
    power = "ICH9-LPC" if board.q35 else "PIIX4_PM"
    if domain.pm is not None:
        for name, state in (("s3", domain.pm.suspend_to_mem), ("s4", domain.pm.suspend_to_disk)):
            if state is not None and state.enabled is not None:
                yield from ("-global", f"{power}.disable_{name}={0 if state.enabled else 1}")


def _path(path: str, element: str) -> str:
    if not path.startswith("/"):
        raise invalid(element, "expected an absolute path")
    return path


def flash_files(os: Os) -> list[tuple[str, bool]]:
    """The firmware's flash images, with whether each is read-only. Raises Unsupported."""
    if os.loader is None or os.loader.type != "pflash":
        if os.firmware == "efi" or os.nvram is not None:
            raise unsupported("os", "firmware without a loader of type 'pflash'", os.line)
        return []
    refuse_set("os/loader", os.loader, "secure", "stateless")
    files = [(_path(os.loader.path or "", "os/loader"), os.loader.readonly is not False)]
    if os.nvram is not None:
        refuse_set("os/nvram", os.nvram, "template_format")
        if os.nvram.type not in (None, "file"):
            raise unsupported("os/nvram", f"type '{os.nvram.type}'", os.nvram.line)
        files.append((_path(os.nvram.path or "", "os/nvram"), False))
    for image in (os.loader, os.nvram):
        if image is not None and image.format not in (None, "raw"):
            raise unsupported("os", f"firmware in format '{image.format}'", image.line)
    return files


def flash_options(os: Os) -> Iterator[str]:
    """The firmware's flash chips, as block devices."""
    for chip, (path, readonly) in zip(_PFLASH, flash_files(os), strict=False):
        storage = f"libvirt-{chip}-storage"
        yield from (
            "-blockdev",
            json_option(
                {
                    "driver": "file",
                    "filename": path,
                    "node-name": storage,
                    "auto-read-only": True,
                    "discard": "unmap",
                }
            ),
            "-blockdev",
            json_option(
                {
                    "node-name": f"libvirt-{chip}-format",
                    "read-only": readonly,
                    "driver": "raw",
                    "file": storage,
                }
            ),
        )


def lifecycle_options(domain: Domain) -> Iterator[str]:
    """What QEMU does when the guest reboots; the agent acts on what follows."""
    for name, allowed in (
        ("on_poweroff", ("destroy", "restart")),
        ("on_reboot", ("restart", "destroy")),
        ("on_crash", ("destroy", "restart", "preserve")),
    ):
        action = getattr(domain, name)
        if action not in (None, *allowed):
            raise unsupported(name, f"'{action}'", domain.line)
    if domain.on_reboot == "destroy":
        yield "-no-reboot"
    yield "-no-shutdown"


def name_option(name: str) -> str:
    """-name's value."""
    return f"guest={escaped(name)},debug-threads={on_off(True)}"
