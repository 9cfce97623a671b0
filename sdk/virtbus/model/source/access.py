"""What it takes to open a storage source: secrets, encryption, reservations."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Name, Needed
from ..engine.values import UInt, Uuid, YesNo


class SecretReference(Element):
    """<secret>: a secret kept elsewhere, by its UUID or by what it is used for."""

    type: Attr[str] = None
    uuid: Attr[Uuid] = None
    usage: Attr[str] = None

    def problems(self) -> Iterator[str]:
        """Exactly one way of naming it."""
        if (self.uuid is None) == (self.usage is None):
            yield "a secret is named by either 'uuid' or 'usage'"


class Auth(Element, kw_only=True):
    """<auth>: who asks for the storage. `type` is of storage pools."""

    type: Attr[Literal["chap", "ceph"]] = None
    username: Needed[str]
    secret: Child[SecretReference] = None

    def problems(self) -> Iterator[str]:
        """The password is a secret."""
        if self.secret is None:
            yield "a <secret> is needed"


class EncryptionSecret(SecretReference, kw_only=True):
    """<secret> of an encryption: the passphrase."""

    type: Needed[Literal["passphrase"]]


class Cipher(Element, kw_only=True):
    """<cipher>: how the content is encrypted; `size_bits` is the key's."""

    name: Needed[str]
    size_bits: Annotated[Needed[UInt], Name("size")]
    mode: Attr[str] = None
    hash: Attr[str] = None


class IvGenerator(Element, kw_only=True):
    """<ivgen>: how initialization vectors are made."""

    name: Needed[str]
    hash: Attr[str] = None


class Encryption(Element, kw_only=True):
    """<encryption>: the content is encrypted."""

    format: Needed[Literal["default", "qcow", "luks", "luks2", "luks-any"]]
    engine: Attr[Literal["qemu", "librbd"]] = None
    secrets: Annotated[Children[EncryptionSecret], Name("secret")] = field(default_factory=list)
    cipher: Child[Cipher] = None
    ivgen: Child[IvGenerator] = None

    def defaults(self) -> None:
        """Only LUKS has a choice of ciphers."""
        if self.format != "luks":
            self.cipher = self.ivgen = None

    def problems(self) -> Iterator[str]:
        """The generator belongs to a cipher."""
        if self.ivgen is not None and self.cipher is None:
            yield "<ivgen> needs a <cipher>"


class ReservationSource(Element, kw_only=True):
    """<source> of <reservations>: the socket of the helper that makes them."""

    type: Needed[Literal["unix"]]
    path: Needed[str]
    mode: Needed[Literal["client"]]


class Reservations(Element, kw_only=True):
    """<reservations>: SCSI persistent reservations, through a privileged helper."""

    managed: Needed[YesNo]
    source: Child[ReservationSource] = None

    def problems(self) -> Iterator[str]:
        """A helper that nobody starts for the guest has to be found."""
        if not self.managed and self.source is None:
            yield "managed='no' needs a <source>"


class InitiatorName(Element, kw_only=True):
    """<iqn>: the iSCSI qualified name."""

    name: Needed[str]


class Initiator(Element):
    """<initiator>: as whom to log in to an iSCSI target."""

    iqn: Child[InitiatorName] = None
