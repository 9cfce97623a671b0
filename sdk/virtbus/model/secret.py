"""<secret>: a password or key that documents refer to; its value is never in a document.

secret = SECRET_DOCUMENT.read(text)
complete_secret(secret, uuid=...)
"""

from collections.abc import Iterator
from typing import Literal

from .engine import walk
from .engine.declare import Attr, Child, Element, Needed, Value
from .engine.document import Document
from .engine.values import Uuid, YesNo

_NAMED_BY = {
    "volume": "volume", "ceph": "name", "iscsi": "target", "tls": "name", "vtpm": "name",
}  # fmt: skip


class SecretUsage(Element, kw_only=True):
    """<usage>: what the secret is for, by which documents may name it."""

    type: Needed[Literal["none", "volume", "ceph", "iscsi", "tls", "vtpm"]]
    name: Value[str] = None
    volume: Value[str] = None
    target: Value[str] = None

    @property
    def id(self) -> str | None:
        """What the secret is named by; None for type "none"."""
        part = _NAMED_BY.get(self.type)
        found: str | None = getattr(self, part) if part else None
        return found

    def defaults(self) -> None:
        """What the type does not have is dropped."""
        part = _NAMED_BY.get(self.type)
        for other in ("name", "volume", "target"):
            if other != part:
                setattr(self, other, None)

    def problems(self) -> Iterator[str]:
        """Each type has an element that names the secret."""
        if self.type != "none" and not self.id:
            yield f"type '{self.type}' needs element '{_NAMED_BY[self.type]}'"


class Secret(Element):
    """<secret>. One that is private cannot be read back by clients."""

    ephemeral: Attr[YesNo] = None
    private: Attr[YesNo] = None
    uuid: Value[Uuid] = None
    description: Value[str] = None
    usage: Child[SecretUsage] = None

    def defaults(self) -> None:
        """Kept on disk, and readable; a use for nothing is no use."""
        self.ephemeral = bool(self.ephemeral)
        self.private = bool(self.private)
        if self.usage is not None and self.usage.type == "none":
            self.usage = None


def complete_secret(secret: Secret, *, uuid: str) -> None:
    """Fill in what `secret` leaves out; `uuid` is used when it has none."""
    walk.defaults("secret", secret)
    secret.uuid = secret.uuid or uuid


SECRET_DOCUMENT = Document("secret", Secret)
