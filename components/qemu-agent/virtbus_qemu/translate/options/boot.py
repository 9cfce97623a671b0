"""-boot, kernel, firmware in ROM, ACPI tables, sleep; what a reboot means."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain

from ..machine import Board
from ..words import escaped, invalid, keyed, unsupported

_ACPI_ARCHES = ("x86_64", "i686", "aarch64")
_SIGNATURES = {"slic": "SLIC", "msdm": "MSDM"}


def loader_options(domain: Domain) -> Iterator[str]:
    """Firmware in ROM; flash that only system management mode may write."""
    loader = domain.os.loader
    if loader is None:
        return
    if loader.type == "rom":
        yield from ("-bios", _path(loader.path or "", "os/loader"))
    elif loader.secure:
        yield from ("-global", "driver=cfi.pflash01,property=secure,value=on")


def boot_options(domain: Domain) -> Iterator[str]:
    """Boot menu, kernel and ACPI tables."""
    os = domain.os
    menu, bios = os.bootmenu, os.bios
    yield "-boot"
    yield keyed(
        "",
        menu=menu.enable if menu else None,
        reboot_timeout=bios.reboot_timeout_ms if bios else None,
        splash_time=menu.timeout_ms if menu else None,
        strict=True,
    )
    if (os.initrd or os.cmdline) and not os.kernel:
        raise invalid("os", "initrd and cmdline need a kernel", os.line)
    for option, value in (("kernel", os.kernel), ("initrd", os.initrd)):
        if value:
            yield from (f"-{option}", _path(value, f"os/{option}"))
    if os.cmdline:
        yield from ("-append", os.cmdline)
    for option, value in (("shim", os.shim), ("dtb", os.dtb)):
        if value:
            yield from (f"-{option}", _path(value, f"os/{option}"))
    for table in os.acpi.table if os.acpi else ():
        yield "-acpitable"
        yield keyed(
            "",
            sig=_SIGNATURES.get(table.type),
            file=_path(table.path or "", "os/acpi/table"),
        )


def power_options(domain: Domain, board: Board) -> Iterator[str]:
    """QEMU stays when the guest stops, for the agent to act; whether the guest may sleep."""
    for name in ("on_poweroff", "on_reboot", "on_crash"):
        action = getattr(domain, name)
        if action not in (None, "destroy", "restart") and (name, action) != (
            "on_crash",
            "preserve",
        ):
            raise unsupported(name, f"'{action}'", domain.line)
    yield "-no-shutdown"
    acpi = bool(domain.features and domain.features.acpi)
    if board.machine.acpi is None and board.arch in _ACPI_ARCHES and not acpi:
        yield "-no-acpi"  # before emulators told which machines have it
    power = "ICH9-LPC" if board.q35 else "PIIX4_PM"
    if domain.pm is not None:
        for name, state in (("s3", domain.pm.suspend_to_mem), ("s4", domain.pm.suspend_to_disk)):
            if state is not None and state.enabled is not None:
                yield from ("-global", f"{power}.disable_{name}={0 if state.enabled else 1}")


def _path(path: str, element: str) -> str:
    if not path.startswith("/"):
        raise invalid(element, "expected an absolute path")
    return path


def name_option(name: str) -> str:
    """-name's value."""
    return f"guest={escaped(name)},debug-threads=on"
