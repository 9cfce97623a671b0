"""<filterbinding>: a filter at work on one network device."""

from ..engine.declare import Child, Element, Needed, Section
from ..engine.document import Document
from ..net.filterref import FilterRef
from ..net.owner import Owner, OwnMac


class BindingDevice(Element, kw_only=True):
    """<portdev>, <linkdev>: a device of the host."""

    name: Needed[str]


class FilterBinding(Element, kw_only=True):
    """<filterbinding>; `linkdev` is what a macvtap device is on."""

    owner: Section[Owner]
    portdev: Section[BindingDevice]
    linkdev: Child[BindingDevice] = None
    mac: Section[OwnMac]
    filterref: Section[FilterRef]


FILTER_BINDING = Document("filterbinding", FilterBinding)
