"""SCSI and Fibre Channel: host adapters, targets, devices."""

from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ..engine.declare import Child, Children, Element, Name, Needed, NeededValue, Value
from ..engine.values import UInt
from .base import Capability

ScsiHostFeatureType: TypeAlias = Literal["fc_host", "vport_ops"]


class ScsiHostFeature(Element, kw_only=True):
    """<capability> of a host adapter; the subclass follows from `type`."""

    CHOSEN_BY = "type"

    type: Needed[ScsiHostFeatureType]


class FibreChannelHost(ScsiHostFeature, kw_only=True):
    """The adapter is a port on a Fibre Channel."""

    type: Needed[Literal["fc_host"]] = "fc_host"
    wwnn: Value[str] = None
    wwpn: Value[str] = None
    fabric_wwn: Value[str] = None


class VirtualPorts(ScsiHostFeature, kw_only=True):
    """The adapter can have virtual ports."""

    type: Needed[Literal["vport_ops"]] = "vport_ops"
    max_vports: NeededValue[UInt] = 0
    vports: NeededValue[UInt] = 0

    def defaults(self) -> None:
        """How many there are is the adapter's to say, not a definition's."""
        self.max_vports = self.vports = 0


class ScsiHost(Capability, kw_only=True):
    """A SCSI host adapter. One that is to be made has no number yet."""

    type: Needed[Literal["scsi_host"]] = "scsi_host"
    host: Value[UInt] = None
    unique_id: Value[UInt] = None
    features: Annotated[Children[ScsiHostFeature], Name("capability")] = field(default_factory=list)

    def defaults(self) -> None:
        """Features in their order."""
        self.features.sort(key=lambda feature: feature.type)


class RemotePort(Element, kw_only=True):
    """<capability> of a target: it is behind a Fibre Channel."""

    type: Needed[Literal["fc_remote_port"]] = "fc_remote_port"
    rport: NeededValue[str]
    wwpn: NeededValue[str]


class ScsiTarget(Capability, kw_only=True):
    """A SCSI target."""

    type: Needed[Literal["scsi_target"]] = "scsi_target"
    target: NeededValue[str]
    remote_port: Annotated[Child[RemotePort], Name("capability")] = None


class ScsiDevice(Capability, kw_only=True):
    """A SCSI device, by its address."""

    type: Needed[Literal["scsi"]] = "scsi"
    host: NeededValue[UInt]
    bus: NeededValue[UInt]
    target: NeededValue[UInt]
    lun: NeededValue[UInt]
    kind: Annotated[Value[str], Name("type")] = None


class ScsiGeneric(Capability, kw_only=True):
    """The character device that passes commands to a SCSI device."""

    type: Needed[Literal["scsi_generic"]] = "scsi_generic"
    char: NeededValue[str]
