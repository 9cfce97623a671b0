"""Vital product data: names and numbers that makers and owners wrote into a PCI device."""

from typing import Annotated, Literal

from msgspec import field

from ..engine.declare import Children, Element, Name, Needed, Text, Value


class VpdField(Element, kw_only=True):
    """<vendor_field> or <system_field>: a field with a letter or digit for a name."""

    index: Needed[str]
    value: Text[str] = None


class VpdFields(Element, kw_only=True):
    """<fields>; the subclass follows from `access`."""

    CHOSEN_BY = "access"

    access: Needed[Literal["readonly", "readwrite"]]


class VpdReadOnly(VpdFields, kw_only=True):
    """What the maker wrote."""

    access: Needed[Literal["readonly"]] = "readonly"
    change_level: Value[str] = None
    manufacture_id: Value[str] = None
    part_number: Value[str] = None
    serial_number: Value[str] = None
    vendor_fields: Annotated[Children[VpdField], Name("vendor_field")] = field(default_factory=list)


class VpdReadWrite(VpdFields, kw_only=True):
    """What an owner may write."""

    access: Needed[Literal["readwrite"]] = "readwrite"
    asset_tag: Value[str] = None
    vendor_fields: Annotated[Children[VpdField], Name("vendor_field")] = field(default_factory=list)
    system_fields: Annotated[Children[VpdField], Name("system_field")] = field(default_factory=list)
