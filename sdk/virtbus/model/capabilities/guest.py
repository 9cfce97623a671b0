"""<guest>: a kind of guest the host can run."""

from typing import Annotated

from msgspec import field

from ..domain.root import DomainType
from ..engine.declare import (
    Attr,
    Child,
    Children,
    Element,
    Flag,
    Name,
    Needed,
    NeededValue,
    Section,
    Text,
    Value,
)
from ..engine.values import OnOff, Positive, UInt, YesNo


class Machine(Element):
    """<machine>: a machine type, and the name it is short for."""

    canonical: Attr[str] = None
    max_cpus: Annotated[Attr[Positive], Name("maxCpus")] = None
    deprecated: Attr[YesNo] = None
    name: Text[str] = None


class GuestDomain(Element, kw_only=True):
    """<domain>: a domain type that can run such a guest; what it says goes before the arch's."""

    type: Needed[DomainType]
    emulator: Value[str] = None
    loader: Value[str] = None
    machines: Annotated[Children[Machine], Name("machine")] = field(default_factory=list)


class GuestArch(Element, kw_only=True):
    """<arch>: one architecture guests can have."""

    name: Needed[str]
    wordsize: Value[UInt] = None
    emulator: Value[str] = None
    loader: Value[str] = None
    machines: Annotated[Children[Machine], Name("machine")] = field(default_factory=list)
    domains: Annotated[Children[GuestDomain], Name("domain")] = field(default_factory=list)


class Toggle(Element):
    """A feature with its default, and whether a guest may change it."""

    default: Attr[OnOff] = None
    toggle: Attr[YesNo] = None


class GuestFeatures(Element):
    """<features> of <guest>."""

    pae: Flag = False
    nonpae: Flag = False
    ia64_be: Flag = False
    acpi: Child[Toggle] = None
    apic: Child[Toggle] = None
    cpuselection: Flag = False
    deviceboot: Flag = False
    disksnapshot: Child[Toggle] = None
    hap: Child[Toggle] = None
    external_snapshot: Annotated[Flag, Name("externalSnapshot")] = False


class Guest(Element, kw_only=True):
    """<guest>."""

    os_type: NeededValue[str]
    arch: Section[GuestArch]
    features: Child[GuestFeatures] = None
