"""Whether a firmware of the host is what a document asks for."""

from __future__ import annotations

from virtbus.model.domain import Domain
from virtbus.model.domain.boot import Os
from virtbus.model.domain.firmware import Loader
from virtbus.model.domain.security import Sev, SevSnp

from .firmware import Firmware, FlashMapping, Interface, MemoryMapping
from .machine import Board

_INTERFACES: dict[str | None, Interface] = {"bios": "bios", "efi": "uefi"}
_INTERFACES_OF_LOADER: dict[str | None, Interface] = {"rom": "bios", "pflash": "uefi"}
_FLASH_FORMATS = ("raw", "qcow2")
SEV_ES = 1 << 2
"""The bit of SEV's policy that asks for encrypted state."""


def matches(domain: Domain, firmware: Firmware, board: Board) -> bool:
    """Whether it has all that is asked for, and nothing that is refused."""
    boot = domain.os
    loader = boot.loader or Loader()
    wanted = _INTERFACES.get(boot.firmware) or _INTERFACES_OF_LOADER.get(loader.type)
    return (
        wanted in firmware.interface_types
        and _has_paths(boot, loader, firmware)
        and firmware.fits(board.arch, board.machine.name)
        and _has_features(domain, firmware)
        and _fits_smm(domain, loader, firmware)
        and _fits_loader(loader, firmware)
        and _keeps_secrets(domain, firmware)
    )


def _has_paths(boot: Os, loader: Loader, firmware: Firmware) -> bool:
    mapping = firmware.mapping
    if isinstance(mapping, FlashMapping):
        if loader.path not in (None, mapping.executable.filename):
            return False
        template = boot.nvram.template if boot.nvram else None
        own = mapping.nvram_template if mapping.mode == "split" else None
        return template is None or (own is not None and template == own.filename)
    told = loader.path if isinstance(mapping, MemoryMapping) else boot.kernel
    return told in (None, mapping.filename)


def _has_features(domain: Domain, firmware: Firmware) -> bool:
    power, asked = domain.pm, domain.os.firmware_features
    if power is not None:
        for state, name in (
            (power.suspend_to_mem, "acpi-s3"),
            (power.suspend_to_disk, "acpi-s4"),
        ):
            if state is not None and state.enabled and name not in firmware.features:
                return False
    for feature in asked.feature if asked else ():
        if feature.enabled != (feature.name in firmware.features):
            return False
    return True


def _fits_smm(domain: Domain, loader: Loader, firmware: Firmware) -> bool:
    """Firmware that needs system management mode, or one that cannot use it."""
    if "requires-smm" not in firmware.features:
        return not loader.secure
    smm = domain.features.smm if domain.features else None
    return loader.secure is not False and (smm is None or smm.state is not False)


def _fits_loader(loader: Loader, firmware: Firmware) -> bool:
    mapping = firmware.mapping
    if isinstance(mapping, MemoryMapping):
        return loader.type in (None, "rom") and loader.readonly is not False
    if not isinstance(mapping, FlashMapping):
        return True
    if loader.type not in (None, "pflash"):
        return False
    if mapping.mode != ("stateless" if loader.stateless else "split"):
        return False
    if loader.readonly is False:
        return False  # it would need code and variables in one image
    own = mapping.executable.format
    if own not in _FLASH_FORMATS or loader.format not in (None, own):
        return False
    template = mapping.nvram_template
    return mapping.mode != "split" or bool(template and template.format in _FLASH_FORMATS)


def _keeps_secrets(domain: Domain, firmware: Firmware) -> bool:
    """What launch security asks of firmware."""
    match domain.launch_security:
        case Sev(policy=policy):
            encrypted_state = "amd-sev-es" in firmware.features or not policy & SEV_ES
            return "amd-sev" in firmware.features and encrypted_state
        case SevSnp():
            return "amd-sev-snp" in firmware.features
    return True
