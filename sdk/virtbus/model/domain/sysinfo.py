"""<sysinfo>: what the guest's firmware tells of the machine."""

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, TypeVar

from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Name, Needed, Text, Values
from ..engine.values import UuidText

_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{1,9})", re.ASCII)


class Entry(Element, kw_only=True):
    """<entry>: one text."""

    name: Needed[str]
    value: Text[str] = None


class Table(Element):
    """A table of SMBIOS: entries by name."""

    NAMES: ClassVar[tuple[str, ...]] = ()

    entry: Children[Entry] = field(default_factory=list)

    def defaults(self) -> None:
        """The entries there are, the first of each name, in the order of the table."""
        found = {each.name: each for each in reversed(self.entry) if each.value}
        self.entry = [found[name] for name in self.NAMES if name in found]

    def get(self, name: str) -> str | None:
        """The text of that name."""
        return next((each.value for each in self.entry if each.name == name), None)


class BiosTable(Table):
    """<bios>."""

    NAMES = ("vendor", "version", "date", "release")

    def problems(self) -> Iterator[str]:
        """A date as SMBIOS has it."""
        date = self.get("date")
        if date is not None and not _is_date(date):
            yield f"the date '{date}' is not mm/dd/yyyy"


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    month, day, year = map(int, match.groups())
    return 1 <= month <= 12 and 1 <= day <= 31 and (year < 100 or year >= 1900)


class SystemTable(Table):
    """<system>."""

    NAMES = ("manufacturer", "product", "version", "serial", "uuid", "sku", "family")

    def defaults(self) -> None:
        """The UUID in its canonical form, if it has one."""
        super().defaults()
        for each in self.entry:
            if each.name == "uuid" and each.value:
                try:
                    each.value = UuidText().parse(each.value)
                except ValueError:
                    return

    def problems(self) -> Iterator[str]:
        """A UUID is one."""
        try:
            UuidText().parse(self.get("uuid") or "0" * 32)
        except ValueError as error:
            yield str(error)


class BaseBoardTable(Table):
    """<baseBoard>."""

    NAMES = ("manufacturer", "product", "version", "serial", "asset", "location")


class ChassisTable(Table):
    """<chassis>."""

    NAMES = ("manufacturer", "version", "serial", "asset", "sku")


class OemStrings(Element):
    """<oemStrings>: texts without a name."""

    entry: Values[str] = field(default_factory=list)


class FirmwareEntry(Element, kw_only=True):
    """<entry>: a file of QEMU's fw_cfg, by its text or from the host."""

    name: Needed[str]
    file: Attr[str] = None
    value: Text[str] = None

    def problems(self) -> Iterator[str]:
        """One of both."""
        if not self.value and self.file is None:
            yield f"entry '{self.name}' has neither text nor 'file'"


class SysInfo(Element, kw_only=True):
    """<sysinfo>; chosen by `type`."""

    CHOSEN_BY = "type"

    type: Needed[Literal["smbios", "fwcfg"]]


T = TypeVar("T", bound=Table)


class SmBiosInfo(SysInfo, kw_only=True):
    """The tables of SMBIOS."""

    type: Needed[Literal["smbios"]] = "smbios"
    bios: Child[BiosTable] = None
    system: Child[SystemTable] = None
    base_board: Annotated[Children[BaseBoardTable], Name("baseBoard")] = field(default_factory=list)
    chassis: Child[ChassisTable] = None
    oem_strings: Annotated[Child[OemStrings], Name("oemStrings")] = None

    def defaults(self) -> None:
        """An empty table is none."""
        self.bios = _unless_empty(self.bios)
        self.system = _unless_empty(self.system)
        self.base_board = [board for board in self.base_board if board.entry]
        self.chassis = _unless_empty(self.chassis)

    def problems(self) -> Iterator[str]:
        """OEM strings have text."""
        if self.oem_strings is not None and not all(self.oem_strings.entry):
            yield "an OEM string is empty"


def _unless_empty(table: T | None) -> T | None:
    return table if table is not None and table.entry else None


class FirmwareConfiguration(SysInfo, kw_only=True):
    """Files of QEMU's fw_cfg."""

    type: Needed[Literal["fwcfg"]] = "fwcfg"
    entry: Children[FirmwareEntry] = field(default_factory=list)
