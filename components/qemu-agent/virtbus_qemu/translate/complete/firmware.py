"""The firmware: chosen among the host's, or what is missing of the one that is told."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.boot import Os
from virtbus.model.domain.features import Features, Smm
from virtbus.model.domain.firmware import (
    FirmwareFeature,
    FirmwareFeatures,
    FlashFormat,
    Loader,
    Nvram,
)
from virtbus.model.source.source import StorageSource

from ..firmware import Firmware, FlashFile, FlashMapping, HostFirmware, MemoryMapping
from ..firmware_match import matches
from ..machine import Board
from ..words import invalid, unsupported

_LEGACY_VARIABLES = {
    "/usr/share/OVMF/OVMF_CODE.fd": "/usr/share/OVMF/OVMF_VARS.fd",
    "/usr/share/OVMF/OVMF_CODE.secboot.fd": "/usr/share/OVMF/OVMF_VARS.fd",
    "/usr/share/AAVMF/AAVMF_CODE.fd": "/usr/share/AAVMF/AAVMF_VARS.fd",
    "/usr/share/AAVMF/AAVMF32_CODE.fd": "/usr/share/AAVMF/AAVMF32_VARS.fd",
}
"""Templates of variables by the path of the code, from before there were descriptors."""


def firmware(domain: Domain, board: Board) -> None:
    """Fill in loader and nvram from the host's firmware; nothing when that is not known.

    What was kept before may lack its firmware today: that is refused when it is started.
    """
    host, boot = board.firmware, domain.os
    chosen = boot.firmware is not None
    if board.new and not chosen and boot.firmware_features is not None:
        raise invalid("os/firmware", "features of a firmware, but none is to be chosen", boot.line)
    loader = boot.loader or Loader()
    if boot.loader is None and boot.nvram is not None:
        loader.format = boot.nvram.format
    if chosen and not board.new and not board.starting:
        loader.format = loader.format or "raw"  # nothing else was chosen when these were made
    if _says_something(loader):
        boot.loader = loader
    if not chosen and (boot.loader is None or loader.type == "rom"):
        loader.format = loader.format or "raw"
        return
    if host is None or not (chosen or loader.path):
        return
    found = next((each for each in host.known if matches(domain, each, board)), None)
    if found is not None:
        _take(domain, found)
    elif chosen and (board.new or board.starting):
        what = f"firmware '{boot.firmware}' that fits the rest of the document, on this host,"
        raise unsupported("os", what, boot.line)
    elif chosen:
        return
    elif not _legacy(boot, loader):
        loader.format = loader.format or "raw"
    _variables(domain, host, board)


def _says_something(loader: Loader) -> bool:
    return any(
        getattr(loader, name) is not None
        for name in ("path", "type", "format", "secure", "readonly", "stateless")
    )


def _take(domain: Domain, found: Firmware) -> None:
    """That firmware, and what it has and needs."""
    boot = domain.os
    mapping = found.mapping
    if isinstance(mapping, FlashMapping):
        boot.loader = loader = boot.loader or Loader()
        loader.type, loader.readonly = "pflash", True
        loader.path, loader.format = mapping.executable.filename, _format(mapping.executable)
        if mapping.mode == "split" and mapping.nvram_template is not None:
            _template(boot, mapping.nvram_template)
    elif isinstance(mapping, MemoryMapping):
        boot.loader = loader = boot.loader or Loader()
        loader.type, loader.path = "rom", mapping.filename
    else:
        boot.kernel = mapping.filename
    if "requires-smm" in found.features:
        domain.features = domain.features or Features()
        domain.features.smm = domain.features.smm or Smm()
        domain.features.smm.state = True
        if boot.loader is not None:
            boot.loader.secure = True
    if boot.firmware is None and "bios" in found.interface_types:
        boot.firmware = "bios"
    if "uefi" in found.interface_types and boot.firmware is None:
        boot.firmware = "efi"
    if boot.firmware is not None:
        _features(boot, found)


def _format(file: FlashFile) -> FlashFormat:
    return "qcow2" if file.format == "qcow2" else "raw"


def _template(boot: Os, template: FlashFile) -> None:
    """The template of the variables, unless those are kept elsewhere than on this host."""
    nvram = boot.nvram = boot.nvram or Nvram()
    local = nvram.type in (None, "file", "block", "dir")
    nvram.template = template.filename if local else None
    nvram.template_format = _format(template) if local else None


def _features(boot: Os, found: Firmware) -> None:
    """What it has, as if it had been asked for; of variables elsewhere nothing is known."""
    has = {name: name in found.features for name in ("enrolled-keys", "secure-boot")}
    features = [FirmwareFeature(enabled=has["secure-boot"], name="secure-boot")]
    loader, nvram = boot.loader, boot.nvram
    elsewhere = (
        loader is not None
        and loader.type == "pflash"
        and not loader.stateless
        and not (nvram and nvram.template)
    )
    if not elsewhere:
        keys = FirmwareFeature(enabled=has["enrolled-keys"], name="enrolled-keys")
        features.insert(0, keys)
    boot.firmware_features = FirmwareFeatures(feature=features)


def _legacy(boot: Os, loader: Loader) -> bool:
    """What belongs to a well-known path of a loader; whether it is one."""
    template = _LEGACY_VARIABLES.get(loader.path or "")
    fits = loader.type == "pflash" and loader.readonly is not False and not loader.stateless
    if template is None or not fits or loader.format not in (None, "raw"):
        return False
    loader.readonly, loader.format = True, "raw"
    nvram = boot.nvram = boot.nvram or Nvram()
    if nvram.template is None:
        nvram.template, nvram.template_format = template, "raw"
    nvram.template_format = nvram.template_format or "raw"
    return True


def _variables(domain: Domain, host: HostFirmware, board: Board) -> None:
    """A file for the variables of firmware in flash, unless there is one."""
    boot, loader = domain.os, domain.os.loader
    if loader is None or loader.type != "pflash" or not loader.readonly or loader.stateless:
        return
    nvram = boot.nvram = boot.nvram or Nvram()
    source = nvram.source
    if nvram.path or (source is not None and (source.local_path or source.protocol)):
        nvram.format = nvram.format or loader.format
        return
    nvram.format = nvram.template_format or loader.format
    path = f"{host.nvram_directory}/{domain.name}_VARS{_extension(nvram, board)}"
    if nvram.type is None:
        nvram.path = path
    else:
        nvram.type, nvram.source = "file", StorageSource(file=path)


def _extension(nvram: Nvram, board: Board) -> str:
    """As guests have always had it; new ones follow the template."""
    if nvram.format == "qcow2":
        return ".qcow2"
    return ".raw" if board.new and (nvram.template or "").endswith(".raw") else ".fd"
