"""Firmware chosen for a guest that only says which kind it wants, when it is defined.

The descriptions are those of QEMU's docs/interop/firmware.json; the first that fits is taken,
and its files are written into the document, where they stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import cast

import msgspec

from virtbus.model.domain import Domain
from virtbus.model.domain.boot import Os
from virtbus.model.domain.features import Features, Smm
from virtbus.model.domain.firmware import (
    FirmwareFeature,
    FirmwareFeatureName,
    FirmwareFeatures,
    FlashFormat,
    Loader,
    Nvram,
)

from .words import unsupported

_CHOICES: tuple[FirmwareFeatureName, ...] = ("enrolled-keys", "secure-boot")


class FlashFile(msgspec.Struct, frozen=True):
    """An image."""

    filename: str
    format: str = "raw"


class Mapping(msgspec.Struct, frozen=True, rename="kebab"):
    """How the machine holds the firmware: in flash chips, or read into memory."""

    device: str
    executable: FlashFile | None = None
    nvram_template: FlashFile | None = None
    mode: str = "split"


class Target(msgspec.Struct, frozen=True):
    """Machines of an architecture, as patterns."""

    architecture: str
    machines: tuple[str, ...]


class FirmwareDescriptor(msgspec.Struct, frozen=True, rename="kebab"):
    """One firmware that is installed."""

    interface_types: tuple[str, ...]
    mapping: Mapping
    targets: tuple[Target, ...] = ()
    features: tuple[str, ...] = ()

    @property
    def flash(self) -> bool:
        """Whether it is code in one chip, read-only, and perhaps variables in another."""
        return self.mapping.device == "flash" and self.mapping.mode == "split"


def settle_firmware(
    domain: Domain, installed: Sequence[FirmwareDescriptor], nvram_directory: str
) -> None:
    """Choose the firmware of a completed domain that asks for 'efi', and where variables go.

    Nothing is changed where a loader is named, but its variables get a file and a template.
    Raises Unsupported when nothing that is installed fits.
    """
    os = domain.os
    if os.firmware == "efi" and (os.loader is None or os.loader.path is None):
        fitting = (each for each in installed if not _misfit(domain, each))
        chosen = next(fitting, None)
        if chosen is None:
            reasons = sorted({_misfit(domain, each) for each in installed}) or ["none is installed"]
            raise unsupported("os", f"firmware 'efi' ({'; '.join(reasons)})", os.line)
        _take(domain, chosen)
    _place_variables(domain, installed, nvram_directory)


def _misfit(domain: Domain, each: FirmwareDescriptor) -> str:
    """Why a firmware does not do; "" when it does."""
    return next(_misfits(domain, each), "")


def _misfits(domain: Domain, each: FirmwareDescriptor) -> Iterator[str]:
    os = domain.os
    loader = os.loader or Loader()
    if "uefi" not in each.interface_types or not each.flash or each.mapping.executable is None:
        yield "no UEFI in flash"
        return
    machine, arch = os.type.machine or "", os.type.arch
    if not any(
        target.architecture == arch and any(fnmatchcase(machine, m) for m in target.machines)
        for target in each.targets
    ):
        yield f"not for {arch} {machine}"
    smm = domain.features.smm if domain.features else None
    needs_smm = "requires-smm" in each.features
    if needs_smm and (loader.secure is False or (smm is not None and smm.state is False)):
        yield "it needs SMM"
    if loader.secure and not needs_smm:
        yield "it is not secure"
    if loader.format and loader.format != each.mapping.executable.format:
        yield f"not in the format {loader.format}"
    if each.mapping.nvram_template is None and not loader.stateless:
        yield "it keeps no variables"
    for name in _CHOICES:
        wanted = os.firmware_features.wanted(name) if os.firmware_features else None
        if wanted is not None and wanted != (name in each.features):
            yield f"{'without' if wanted else 'with'} {name}"


def _take(domain: Domain, chosen: FirmwareDescriptor) -> None:
    os, code = domain.os, chosen.mapping.executable
    if code is None:  # _misfits has seen to it
        return
    os.loader = loader = os.loader or Loader()
    loader.path, loader.type, loader.readonly = code.filename, "pflash", True
    loader.format = _format(code)
    if "requires-smm" in chosen.features:
        loader.secure = True
        domain.features = features = domain.features or Features()
        features.smm = features.smm or Smm()
        features.smm.state = True
    os.firmware_features = FirmwareFeatures(
        feature=[FirmwareFeature(name=name, enabled=name in chosen.features) for name in _CHOICES]
    )


def _format(image: FlashFile) -> FlashFormat:
    return cast(FlashFormat, image.format) if image.format in ("raw", "qcow2") else "raw"


def _place_variables(
    domain: Domain, installed: Sequence[FirmwareDescriptor], directory: str
) -> None:
    """A guest with code in flash has a file for variables, made of the code's own template."""
    os = domain.os
    loader = os.loader
    if loader is None or loader.type != "pflash" or loader.stateless:
        return
    template = _template(os, installed)
    if os.nvram is None:
        if template is None:
            return
        os.nvram = Nvram()
    nvram = os.nvram
    if nvram.type not in (None, "file"):
        return
    if template is not None and nvram.template is None:
        nvram.template, nvram.template_format = template.filename, _format(template)
        nvram.format = nvram.format or _format(template)
    if nvram.type is None and nvram.path is None:
        nvram.path = f"{directory}/{domain.name}_VARS.fd"


def _template(os: Os, installed: Sequence[FirmwareDescriptor]) -> FlashFile | None:
    code = os.loader.path if os.loader else None
    for each in installed:
        if each.flash and each.mapping.executable and each.mapping.executable.filename == code:
            return each.mapping.nvram_template
    return None
