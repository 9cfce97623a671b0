"""What pools and volumes share: sizes, paths, permissions."""

import re
from typing import Annotated, TypeAlias

from ..engine.declare import Element, Size, Value
from ..engine.values import Integer, Unit

_OCTAL = re.compile(r"0*[0-7]{1,3}", re.ASCII)
_SLASHES = re.compile(r"/{2,}")

_UNSET = (-1, 2**32 - 1)  # an owner or group that is not set, as old documents write it


class OctalMode:
    """The nine permission bits, in octal with one leading zero."""

    def parse(self, raw: str) -> int:
        """Octal digits."""
        if not _OCTAL.fullmatch(raw.strip()):
            raise ValueError(f"expected an octal mode up to 0777, not '{raw[:60]}'")
        return int(raw, 8)

    def format(self, value: int) -> str:
        """`0755`."""
        if not 0 <= value <= 0o777:
            raise ValueError(f"{value:#o} is not within 0..0o777")
        return f"0{value:o}"


class PathText:
    """A path without doubled or closing slashes; a URL is left as it is.

    Two leading slashes stay: POSIX lets them mean something else than one.
    """

    def parse(self, raw: str) -> str:
        """The tidy form."""
        if "://" in raw:
            return raw
        tidy = _SLASHES.sub("/", raw)
        if raw.startswith("//") and not raw.startswith("///"):
            tidy = f"/{tidy}"
        return tidy if tidy in ("/", "//") else tidy.removesuffix("/")

    format = parse


Path: TypeAlias = Annotated[str, PathText()]
Mode: TypeAlias = Annotated[int, OctalMode()]
OwnerId: TypeAlias = Annotated[int, Integer(-1, 2**32 - 1)]


class Bytes(Element, kw_only=True):
    """A size, kept in bytes."""

    size_bytes: Annotated[Size, Unit("bytes", "bytes")]


class Permissions(Element):
    """<permissions>: file mode, owner and label; what is absent is inherited."""

    mode: Value[Mode] = None
    owner: Value[OwnerId] = None
    group: Value[OwnerId] = None
    label: Value[str] = None

    def defaults(self) -> None:
        """An owner or group of -1 is none."""
        if self.owner in _UNSET:
            self.owner = None
        if self.group in _UNSET:
            self.group = None

    def says_nothing(self) -> bool:
        """Whether all is left to be inherited."""
        return (self.mode, self.owner, self.group, self.label) == (None, None, None, None)


def permissions_or_none(permissions: Permissions | None) -> Permissions | None:
    """`permissions` unless they say nothing."""
    return None if permissions is None or permissions.says_nothing() else permissions
