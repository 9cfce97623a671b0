"""The host itself, graphics nodes, and vDPA devices."""

from typing import Annotated, Literal

from ..engine.declare import Element, Name, Needed, NeededValue, Section, Value
from ..engine.values import Uuid
from .base import Capability


class Hardware(Element, kw_only=True):
    """<hardware> of the host."""

    vendor: Value[str] = None
    version: Value[str] = None
    serial: Value[str] = None
    uuid: NeededValue[Uuid]


class Firmware(Element):
    """<firmware> of the host."""

    vendor: Value[str] = None
    version: Value[str] = None
    release_date: Value[str] = None


class SystemDevice(Capability, kw_only=True):
    """The host: the parent of all its devices."""

    type: Needed[Literal["system"]] = "system"
    product: Value[str] = None
    hardware: Section[Hardware]
    firmware: Section[Firmware]


class DrmDevice(Capability, kw_only=True):
    """A node of a graphics device."""

    type: Needed[Literal["drm"]] = "drm"
    kind: Annotated[NeededValue[Literal["primary", "control", "render"]], Name("type")]


class VdpaDevice(Capability, kw_only=True):
    """A vDPA device."""

    type: Needed[Literal["vdpa"]] = "vdpa"
    chardev: NeededValue[str]
