"""<tpm>: a Trusted Platform Module, the host's own, an emulated one, or somebody else's."""

from collections.abc import Iterator
from typing import Annotated, Literal

from ...engine.declare import Attr, Child, Element, Flag, Name, Needed, Section
from ...engine.values import UInt, Uuid, YesNo
from .address import Address
from .common import Acpi, Alias

DEFAULT_DEVICE = "/dev/tpm0"


class TpmDevice(Element):
    """<device>: the host's TPM."""

    path: Attr[str] = None


class TpmEncryption(Element, kw_only=True):
    """<encryption>: the secret that the emulator's state is encrypted with."""

    secret: Needed[Uuid]


class PcrBanks(Element):
    """<active_pcr_banks>: the hashes measurements are kept in."""

    MAY_BE_EMPTY = False

    sha1: Flag = False
    sha256: Flag = False
    sha384: Flag = False
    sha512: Flag = False

    def names(self) -> list[str]:
        """Those that are on."""
        return [name for name in ("sha1", "sha256", "sha384", "sha512") if getattr(self, name)]


class TpmSource(Element):
    """<source>: where the emulator keeps its state, or the socket of an external one."""

    type: Attr[Literal["file", "dir", "unix"]] = None
    mode: Attr[Literal["connect", "bind"]] = None
    path: Attr[str] = None


class TpmProfile(Element):
    """<profile>: which algorithms the emulator has."""

    MAY_BE_EMPTY = False

    source: Attr[str] = None
    remove_disabled: Annotated[Attr[Literal["check", "fips-host"]], Name("removeDisabled")] = None
    name: Attr[str] = None


class TpmBackend(Element, kw_only=True):
    """<backend>: who does the work."""

    type: Needed[Literal["passthrough", "emulator", "external"]]
    version: Attr[Literal["1.2", "2.0"]] = None
    persistent_state: Attr[YesNo] = None
    debug: Attr[UInt] = None
    device: Child[TpmDevice] = None
    encryption: Child[TpmEncryption] = None
    active_pcr_banks: Child[PcrBanks] = None
    source: Child[TpmSource] = None
    profile: Child[TpmProfile] = None

    def defaults(self) -> None:
        """What belongs to other types goes; the rest is filled in."""
        if self.type == "passthrough":
            self.device = self.device or TpmDevice()
            self.device.path = self.device.path or DEFAULT_DEVICE
        else:
            self.device = None
        if self.type == "emulator":
            self._emulator()
        else:
            self.version = self.persistent_state = self.debug = None
            self.encryption = self.active_pcr_banks = self.profile = None
        if self.type == "external" and self.source:
            self.source.mode = self.source.mode or "connect"
        elif self.type == "passthrough":
            self.source = None

    def _emulator(self) -> None:
        self.persistent_state = self.persistent_state or None
        self.debug = self.debug or None
        if self.source:
            self.source.mode = None
        if self.active_pcr_banks and not self.active_pcr_banks.names():
            self.active_pcr_banks = None
        if self.profile and not (self.profile.source or self.profile.name):
            self.profile = None

    def problems(self) -> Iterator[str]:
        """What an emulator's version allows; an external one is reached by a socket."""
        if self.type == "emulator":
            yield from self._emulator_problems()
        elif self.type == "external":
            yield from self._external_problems()

    def _emulator_problems(self) -> Iterator[str]:
        banks = self.active_pcr_banks and self.active_pcr_banks.names()
        if banks and self.version != "2.0":
            yield "<active_pcr_banks> needs version 2.0"
        if self.profile and self.profile.source and self.version != "2.0":
            yield "<profile> needs version 2.0"
        if self.source and self.source.type not in (None, "file", "dir"):
            yield f"the state is kept in a file or a dir, not '{self.source.type}'"
        if self.source and self.source.path is None:
            yield "the source needs a 'path'"

    def _external_problems(self) -> Iterator[str]:
        if self.source is None or self.source.type != "unix":
            yield "type 'external' needs a source of type 'unix'"
        elif self.source.mode == "bind":
            yield "the source of an external TPM is connected to"
        elif self.source.path is None:
            yield "the source of an external TPM needs a 'path'"


class Tpm(Element, kw_only=True):
    """<tpm>."""

    model: Attr[Literal["tpm-tis", "tpm-crb", "tpm-spapr", "spapr-tpm-proxy"]] = None
    backend: Section[TpmBackend]
    alias: Child[Alias] = None
    acpi: Child[Acpi] = None
    address: Child[Address] = None
