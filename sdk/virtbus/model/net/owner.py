"""Whose a port of a network is: of which domain and card."""

from ..engine.declare import Element, Needed, NeededValue
from ..engine.values import Mac, Uuid


class Owner(Element, kw_only=True):
    """<owner>: the domain."""

    name: NeededValue[str]
    uuid: NeededValue[Uuid]


class OwnMac(Element, kw_only=True):
    """<mac>: the address of the domain's card."""

    address: Needed[Mac]
