"""The broker's CURVE keys, and which other keys may connect in which role."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import msgspec
import zmq

from virtbus.errors import InvalidArgument
from virtbus.wire.grants import check_grants
from virtbus.wire.sockets import CurveKeys

Z85_CHARS = 40


class KeyFileError(Exception):
    """A key or roles file is missing or wrong; the text says what to do."""


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the holders of a role's keys may do: words `effect:kind:route`."""

    allow: tuple[str, ...]


class Roles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The roles file: `[roles.NAME] allow = [WORD, ...]`, and `[keys] "Z85" = "NAME"`."""

    roles: dict[str, Role] = {}
    keys: dict[str, str] = {}

    def knows(self, key: str) -> bool:
        """Whether the holder of the key may connect."""
        return key in self.keys

    def grants_of(self, key: str) -> str:
        """The words of the key's role; none if the key is not known."""
        name = self.keys.get(key)
        return "" if name is None else " ".join(self.roles[name].allow)

    def sender_of(self, key: str) -> str:
        """How requests of the key's holder are stamped."""
        return f"key={key[:8]} role={self.keys.get(key, '')}"


def make_key_file(path: Path) -> str:
    """Write new keys to a file only its owner reads; returns the public key. Never overwrites."""
    public, secret = (key.decode() for key in zmq.curve_keypair())
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise KeyFileError(f"{path} is there already; move it away first") from error
    except OSError as error:
        raise KeyFileError(f"cannot write {path}: {error.strerror}") from error
    with os.fdopen(fd, "w") as file:
        file.write(f'public = "{public}"\nsecret = "{secret}"\n')
    return public


def read_keys(path: Path) -> CurveKeys:
    """The keys in a file that `make_key_file` wrote; raises KeyFileError."""
    values = _read(path, f"make it with: virtbus-broker keygen {path}")
    if path.stat().st_mode & 0o077:
        raise KeyFileError(f"{path} can be read by others; chmod 600 it, or make new keys")
    try:
        keys = msgspec.convert(values, CurveKeys)
    except msgspec.ValidationError as error:
        raise KeyFileError(f"{path}: {error}") from error
    if len(keys.public) != Z85_CHARS or len(keys.secret) != Z85_CHARS:
        raise KeyFileError(f"{path}: a Z85 key has {Z85_CHARS} characters")
    return keys


def read_roles(path: Path) -> Roles:
    """The roles and keys in a roles file; raises KeyFileError naming what is wrong."""
    try:
        roles = msgspec.convert(_read(path, "it says who may connect over TCP"), Roles)
        for role in roles.roles.values():
            for word in role.allow:
                check_grants(word)
    except (msgspec.ValidationError, InvalidArgument) as error:
        raise KeyFileError(f"{path}: {error}") from error
    for key, name in roles.keys.items():
        if len(key) != Z85_CHARS:
            raise KeyFileError(f"{path}: {key!r} is not a Z85 key of {Z85_CHARS} characters")
        if name not in roles.roles:
            raise KeyFileError(
                f"{path}: key {key[:8]}... has role {name!r}, which is not in [roles]"
            )
    return roles


def _read(path: Path, hint: str) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        raise KeyFileError(f"there is no {path}: {hint}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KeyFileError(f"cannot read {path}: {error}") from error
