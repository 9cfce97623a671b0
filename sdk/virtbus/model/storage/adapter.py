"""<adapter>: the SCSI or Fibre Channel host adapter whose disks make a pool."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from ..engine.declare import Attr, Child, Element, Needed, Section
from ..engine.values import Integer, YesNo
from ..host_address import HostPciAddress

_WWN = re.compile(r"(0[xX])?[0-9a-fA-F]{16}", re.ASCII)


class ParentAddress(Element, kw_only=True):
    """<parentaddr>: the adapter by its PCI address and its number there."""

    unique_id: Needed[Annotated[int, Integer(0, 2**31 - 1)]]
    address: Section[HostPciAddress]


class PoolAdapter(Element):
    """<adapter> of a pool's source."""

    type: Attr[Literal["scsi_host", "fc_host"]] = None
    name: Attr[str] = None
    parent: Attr[str] = None
    parent_wwnn: Attr[str] = None
    parent_wwpn: Attr[str] = None
    parent_fabric_wwn: Attr[str] = None
    managed: Attr[YesNo] = None
    wwnn: Attr[str] = None
    wwpn: Attr[str] = None
    parentaddr: Child[ParentAddress] = None

    def defaults(self) -> None:
        """An adapter known by its name alone is a SCSI host, as before there were types."""
        plain = not (self.wwnn or self.wwpn or self.parent or self.parentaddr)
        if self.type is None and self.name and plain:
            self.type = "scsi_host"

    def problems(self) -> Iterator[str]:
        """What names the adapter fits its type."""
        if self.type == "fc_host":
            yield from self._fibre_channel_problems()
        elif self.type == "scsi_host":
            if (self.name is None) == (self.parentaddr is None):
                yield "an adapter of type 'scsi_host' needs either 'name' or <parentaddr>"
        else:
            yield "attribute 'type' is missing; only an adapter given by 'name' may lack it"

    def _fibre_channel_problems(self) -> Iterator[str]:
        if not (self.wwnn and self.wwpn):
            yield "an adapter of type 'fc_host' needs 'wwnn' and 'wwpn'"
        if (self.parent_wwnn is None) != (self.parent_wwpn is None):
            yield "'parent_wwnn' and 'parent_wwpn' belong together"
        for name in ("wwnn", "wwpn", "parent_wwnn", "parent_wwpn", "parent_fabric_wwn"):
            value = getattr(self, name)
            if value and not _WWN.fullmatch(value):
                yield f"attribute '{name}': expected 16 hexadecimal digits, not '{value[:60]}'"
