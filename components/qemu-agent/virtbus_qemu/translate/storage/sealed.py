"""Secrets of storage sources: what QEMU calls them, and which it needs.

A secret is handed to QEMU encrypted with a key that only the guest's process can read
(libvirt's master key), so that it shows in no list of processes.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from virtbus.model.source.access import SecretReference

from .images import Image

MASTER_KEY = "masterKey0"
MANAGED_RESERVATIONS = "pr-helper0"


class SealedSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret, encrypted with the guest's master key (AES-256-CBC); both parts in Base64."""

    data: str
    iv: str


class SecretRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A secret to seal, by QEMU's name for it.

    By its `uuid`, or by what it is for: `usage`, of that `usage_type` (volume, iscsi, ceph,
    tls). Or `text`, which is the secret itself: cookies stand in the document.
    """

    alias: str
    usage_type: str = ""
    uuid: str = ""
    usage: str = ""
    text: str = ""


def auth_alias(image: Image) -> str | None:
    """The password or key by which a server lets the guest in."""
    return f"{image.storage_node}-auth-secret0" if image.auth else None


def cookie_alias(image: Image) -> str | None:
    """The cookies sent with each request."""
    return f"{image.storage_node}-httpcookie-secret0" if image.source.cookies else None


def encryption_alias(image: Image, number: int = 0) -> str:
    """The passphrase of a layer of encryption."""
    return f"{image.format_node or image.storage_node}-encryption-secret{number}"


def tls_alias(image: Image) -> str | None:
    """The certificates a server is met with."""
    return f"obj{image.storage_node}_tls0" if image.source.tls else None


def reservations_alias(image: Image) -> str | None:
    """The helper that makes persistent reservations."""
    reservations = image.source.reservations
    if reservations is None:
        return None
    return MANAGED_RESERVATIONS if reservations.managed else f"pr-helper-{image.storage_node}"


def requests_of(image: Image) -> Iterator[SecretRequest]:
    """The secrets of one image."""
    if image.auth is not None and image.auth.secret is not None:
        kind = "ceph" if image.source.protocol == "rbd" else "iscsi"
        yield _request(auth_alias(image) or "", kind, image.auth.secret)
    alias = cookie_alias(image)
    if alias is not None and image.source.cookies is not None:
        cookies = image.source.cookies.cookies
        text = "; ".join(f"{cookie.name}={cookie.value or ''}" for cookie in cookies)
        yield SecretRequest(alias=alias, text=text)
    for number, secret in enumerate(image.encryption.secrets if image.encryption else ()):
        yield _request(encryption_alias(image, number), "volume", secret)


def _request(alias: str, kind: str, secret: SecretReference) -> SecretRequest:
    return SecretRequest(
        alias=alias, usage_type=kind, uuid=secret.uuid or "", usage=secret.usage or ""
    )
