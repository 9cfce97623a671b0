"""<filterbinding>: a filter at work on one network device."""

from __future__ import annotations

from ..engine.declare import Child, Element, Needed, NeededValue, Section
from ..engine.document import Document
from ..engine.values import Mac, Uuid
from ..net.filterref import FilterRef


class BindingOwner(Element, kw_only=True):
    """<owner>: the domain that the device belongs to."""

    name: NeededValue[str]
    uuid: NeededValue[Uuid]


class BindingDevice(Element, kw_only=True):
    """<portdev>, <linkdev>: a device of the host."""

    name: Needed[str]


class BindingMac(Element, kw_only=True):
    """<mac>: the guest's address."""

    address: Needed[Mac]


class FilterBinding(Element, kw_only=True):
    """<filterbinding>; `linkdev` is what a macvtap device is on."""

    owner: Section[BindingOwner]
    portdev: Section[BindingDevice]
    linkdev: Child[BindingDevice] = None
    mac: Section[BindingMac]
    filterref: Section[FilterRef]


FILTER_BINDING = Document("filterbinding", FilterBinding)
