"""<virtualport>: how a port is attached to the switch it is plugged into."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from ..engine.declare import Attr, Child, Element
from ..engine.values import Uuid, YesNo


class _Number(msgspec.Struct, frozen=True):
    """An unsigned number in any base of C (0x10, 020, 16); written in decimal."""

    high: int

    def parse(self, raw: str) -> int:
        text = raw.strip().lower()
        digits = text.lstrip("0")
        is_octal = text != digits and digits[:1] != "x"
        try:
            value = int(digits or "0", 8) if is_octal else int(text, 0)
        except ValueError:
            raise ValueError(f"expected a number, not '{raw[:60]}'") from None
        if not 0 <= value <= self.high:
            raise ValueError(f"{value} is not within 0..{self.high}")
        return value

    def format(self, value: Any) -> str:
        return str(self.parse(str(value)))


class _ProfileId:
    """A name of up to 39 bytes."""

    def parse(self, raw: str) -> str:
        if len(raw.encode()) > 39:
            raise ValueError("a profile's id has at most 39 bytes")
        return raw

    format = parse


VirtualPortType: TypeAlias = Literal["802.1Qbg", "802.1Qbh", "openvswitch", "midonet"]


class VirtualPortParameters(Element):
    """<parameters>: which of them apply follows from the port's type."""

    MAY_BE_EMPTY = False

    managerid: Attr[Annotated[int, _Number(0xFF)]] = None
    typeid: Attr[Annotated[int, _Number(0xFFFFFF)]] = None
    typeidversion: Attr[Annotated[int, _Number(0xFF)]] = None
    instanceid: Attr[Uuid] = None
    interfaceid: Attr[Uuid] = None
    profileid: Attr[Annotated[str, _ProfileId()]] = None


_QBG = ("managerid", "typeid", "typeidversion", "instanceid")
_NEEDED: dict[str, tuple[str, ...]] = {
    "802.1Qbg": _QBG,
    "802.1Qbh": ("profileid",),
    "openvswitch": ("interfaceid",),
    "midonet": ("interfaceid",),
}
_REFUSED: dict[str, tuple[str, ...]] = {
    "802.1Qbg": ("profileid", "interfaceid"),
    "802.1Qbh": (*_QBG, "interfaceid"),
    "openvswitch": _QBG,
}
_DROPPED = {"midonet": (*_QBG, "profileid")}


class VirtualPort(Element):
    """<virtualport>. Without a type it serves whichever type the network turns out to use."""

    MAY_BE_EMPTY = False

    type: Attr[VirtualPortType] = None
    parameters: Child[VirtualPortParameters] = None

    @property
    def says_nothing(self) -> bool:
        """Whether neither a type nor a parameter is given."""
        return self.type is None and self.parameters in (None, VirtualPortParameters())

    def defaults(self) -> None:
        """Parameters that a type has no use for go, where they are not refused."""
        if self.parameters:
            for name in _DROPPED.get(self.type or "", ()):
                setattr(self.parameters, name, None)

    def problems(self) -> Iterator[str]:
        """No parameters of another type."""
        for name in _REFUSED.get(self.type or "", ()):
            if self.parameters and getattr(self.parameters, name) is not None:
                yield f"parameter '{name}' does not belong to type '{self.type}'"

    def missing(self) -> Iterator[str]:
        """The parameters that the type needs and that are not given."""
        for name in _NEEDED.get(self.type or "", ()):
            if not self.parameters or getattr(self.parameters, name) in (None, ""):
                yield name


def made_parameters(kind: str | None) -> tuple[str, ...]:
    """The identifiers that are made where an interface's port of this type has none."""
    return _MADE.get(kind, ())


_MADE: dict[str | None, tuple[str, ...]] = {
    None: ("instanceid", "interfaceid"),
    "802.1Qbg": ("instanceid",),
    "openvswitch": ("interfaceid",),
}


class PortOptions(Element):
    """<port>: what a port of a bridge may do."""

    MAY_BE_EMPTY = False

    isolated: Attr[YesNo] = None
