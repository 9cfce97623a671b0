"""<seclabel>, <keywrap>, <launchSecurity>: confined by the host, and sealed from it."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self, TypeAlias

import msgspec
from msgspec import field

from ..engine.declare import Attr, Children, Element, Name, Needed, NeededValue, Value
from ..engine.values import BareHex, OnOff, UInt, YesNo


class SecurityLabel(Element):
    """<seclabel>. With type dynamic, the labels are made at start."""

    type: Attr[Literal["dynamic", "static", "none"]] = None
    model: Attr[str] = None
    relabel: Attr[YesNo] = None
    label: Value[str] = None
    imagelabel: Value[str] = None
    baselabel: Value[str] = None

    def defaults(self) -> None:
        """The type and whether files are relabelled; of type none nothing else is told."""
        if self.model == "none":
            self.type, self.relabel = "none", None
        self.type = self.type or "dynamic"
        if self.type == "none":
            self.label = self.imagelabel = self.baselabel = None
            self.relabel = self.relabel or None
        elif self.relabel is None:
            self.relabel = self.type == "dynamic"
        if not self.relabel:
            self.imagelabel = None
        if self.type != "dynamic":
            self.baselabel = None

    def inactive(self) -> Self:
        """Labels made at start go."""
        if self.type == "static":
            return self if not self.imagelabel else msgspec.structs.replace(self, imagelabel=None)
        if not (self.label or self.imagelabel):
            return self
        return msgspec.structs.replace(self, label=None, imagelabel=None)

    def problems(self) -> Iterator[str]:
        """What each type must and must not say."""
        if self.type == "dynamic" and self.relabel is False:
            yield "labels of type 'dynamic' relabel files"
        if self.type == "none" and self.relabel:
            yield "type 'none' does not relabel files"
        if self.type == "static" and not self.label:
            yield "a label of type 'static' is missing"


class KeyWrapCipher(Element, kw_only=True):
    """<cipher>: whether the guest may wrap its keys with it."""

    name: Needed[Literal["aes", "dea"]]
    state: Needed[OnOff]


class KeyWrap(Element):
    """<keywrap>: of s390x machines."""

    cipher: Children[KeyWrapCipher] = field(default_factory=list)

    def defaults(self) -> None:
        """In the order of their names."""
        self.cipher.sort(key=lambda cipher: cipher.name)

    def problems(self) -> Iterator[str]:
        """Each cipher once."""
        names = [cipher.name for cipher in self.cipher]
        if len(names) != len(set(names)):
            yield "a cipher is given more than once"


LaunchSecurityType: TypeAlias = Literal["sev", "sev-snp", "s390-pv"]


class LaunchSecurity(Element, kw_only=True):
    """<launchSecurity>: the guest's memory is sealed from the host; chosen by `type`."""

    CHOSEN_BY = "type"

    type: Needed[LaunchSecurityType]


class ProtectedVirtualization(LaunchSecurity, kw_only=True):
    """Of s390x machines."""

    type: Needed[Literal["s390-pv"]] = "s390-pv"


class Sev(LaunchSecurity, kw_only=True):
    """AMD's Secure Encrypted Virtualization."""

    type: Needed[Literal["sev"]] = "sev"
    kernel_hashes: Annotated[Attr[YesNo], Name("kernelHashes")] = None
    cbitpos: Value[UInt] = None
    reduced_phys_bits: Annotated[Value[UInt], Name("reducedPhysBits")] = None
    policy: NeededValue[Annotated[int, BareHex(2**32 - 1, 4)]]
    dh_cert: Annotated[Value[str], Name("dhCert")] = None
    session: Value[str] = None


class SevSnp(LaunchSecurity, kw_only=True):
    """The same with Secure Nested Paging."""

    type: Needed[Literal["sev-snp"]] = "sev-snp"
    kernel_hashes: Annotated[Attr[YesNo], Name("kernelHashes")] = None
    author_key: Annotated[Attr[YesNo], Name("authorKey")] = None
    vcek: Attr[YesNo] = None
    cbitpos: Value[UInt] = None
    reduced_phys_bits: Annotated[Value[UInt], Name("reducedPhysBits")] = None
    policy: NeededValue[Annotated[int, BareHex(2**64 - 1, 8)]]
    guest_visible_workarounds: Annotated[Value[str], Name("guestVisibleWorkarounds")] = None
    id_block: Annotated[Value[str], Name("idBlock")] = None
    id_auth: Annotated[Value[str], Name("idAuth")] = None
    host_data: Annotated[Value[str], Name("hostData")] = None
