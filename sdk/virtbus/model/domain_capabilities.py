"""<domainCapabilities>: what one emulator offers for one machine and domain type."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import field

from .domain.cpu import CpuMode
from .domain.root import DomainType
from .engine.declare import (
    Attr,
    Child,
    Children,
    Element,
    Name,
    Needed,
    NeededValue,
    Text,
    Value,
    Values,
)
from .engine.document import Document
from .engine.values import UInt, YesNo


class Choices(Element, kw_only=True):
    """<enum>: the words one attribute may have."""

    name: Needed[str]
    values: Annotated[Values[str], Name("value")] = field(default_factory=list)


class Support(Element, kw_only=True):
    """A feature or device: whether it is there, and the words it takes."""

    supported: Needed[YesNo]
    enums: Annotated[Children[Choices], Name("enum")] = field(default_factory=list)


class LoaderSupport(Element, kw_only=True):
    """<loader>: firmware files known on the host, and how they are mapped."""

    supported: Needed[YesNo]
    values: Annotated[Values[str], Name("value")] = field(default_factory=list)
    enums: Annotated[Children[Choices], Name("enum")] = field(default_factory=list)


class OsSupport(Element, kw_only=True):
    """<os>."""

    supported: Needed[YesNo]
    enums: Annotated[Children[Choices], Name("enum")] = field(default_factory=list)
    loader: Child[LoaderSupport] = None


class Vcpus(Element, kw_only=True):
    """<vcpu>: the most processors a guest may have."""

    max: Needed[UInt]


class UsableModel(Element):
    """<model>: a CPU model, and whether this host can run it."""

    usable: Attr[Literal["yes", "no", "unknown"]] = None
    deprecated: Attr[YesNo] = None
    fallback: Attr[Literal["allow", "forbid"]] = None
    vendor: Attr[str] = None
    name: Text[str] = None


class CpuModeSupport(Element, kw_only=True):
    """<mode>: one way to choose the guest's CPU."""

    name: Needed[CpuMode]
    supported: Needed[YesNo]
    enums: Annotated[Children[Choices], Name("enum")] = field(default_factory=list)
    models: Annotated[Children[UsableModel], Name("model")] = field(default_factory=list)
    vendor: Value[str] = None


class CpuSupport(Element):
    """<cpu>."""

    modes: Annotated[Children[CpuModeSupport], Name("mode")] = field(default_factory=list)


class DeviceSupport(Element):
    """<devices>: per kind of device, what may be asked for."""

    disk: Child[Support] = None
    graphics: Child[Support] = None
    video: Child[Support] = None
    hostdev: Child[Support] = None
    rng: Child[Support] = None
    filesystem: Child[Support] = None
    tpm: Child[Support] = None
    channel: Child[Support] = None


class DomainCapabilities(Element, kw_only=True):
    """<domainCapabilities>."""

    path: Value[str] = None
    domain: NeededValue[DomainType]
    machine: Value[str] = None
    arch: NeededValue[str]
    vcpu: Child[Vcpus] = None
    iothreads: Child[Support] = None
    os: Child[OsSupport] = None
    cpu: Child[CpuSupport] = None
    devices: Child[DeviceSupport] = None


DOMAIN_CAPABILITIES = Document("domainCapabilities", DomainCapabilities)
