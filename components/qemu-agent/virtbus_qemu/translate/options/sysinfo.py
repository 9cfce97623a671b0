"""-smbios, -fw_cfg and the generation: what firmware tells of the machine."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.sysinfo import FirmwareConfiguration, SmBiosInfo, Table

from ..words import escaped, invalid, json_option, unsupported


def sysinfo_options(domain: Domain) -> Iterator[str]:
    """SMBIOS tables, files of fw_cfg, and the guest's generation."""
    mode = domain.os.smbios.mode if domain.os.smbios else "emulate"
    if mode == "host":
        raise unsupported("os/smbios", "mode 'host'", domain.os.line)
    if mode == "sysinfo":
        tables = [info for info in domain.sysinfos if isinstance(info, SmBiosInfo)]
        if not tables:
            raise invalid("os/smbios", "mode 'sysinfo' without <sysinfo>", domain.os.line)
        yield from _smbios(tables[0])
    for info in domain.sysinfos:
        if isinstance(info, FirmwareConfiguration):
            yield from _fw_cfg(info)
    if domain.genid:
        generation = {"driver": "vmgenid", "guid": domain.genid, "id": "vmgenid0"}
        yield from ("-device", json_option(generation))


def _smbios(info: SmBiosInfo) -> Iterator[str]:
    if len(info.base_board) > 1:
        raise invalid("sysinfo", "QEMU knows one <baseBoard>", info.line)
    tables: list[tuple[int, Table | None]] = [
        (0, info.bios),
        (1, info.system),
        *((2, board) for board in info.base_board),
        (3, info.chassis),
    ]
    for number, table in tables:
        if table is not None:
            entries = [f"{e.name}={escaped(e.value or '')}" for e in table.entry]
            yield from ("-smbios", ",".join([f"type={number}", *entries]))
    if info.oem_strings is not None:
        values = [f"value={escaped(text)}" for text in info.oem_strings.entry]
        yield from ("-smbios", ",".join(["type=11", *values]))


def _fw_cfg(info: FirmwareConfiguration) -> Iterator[str]:
    for entry in info.entry:
        what = (
            f"string={escaped(entry.value)}" if entry.value else f"file={escaped(entry.file or '')}"
        )
        yield from ("-fw_cfg", f"name={escaped(entry.name)},{what}")
