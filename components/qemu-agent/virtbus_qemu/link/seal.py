"""Secrets encrypted for one guest, so that its command line may hold them.

QEMU reads the key from a file that only its user can open, and opens the secrets itself
(QEMU, docs/devel/secret: `secret` objects with `keyid` and `iv`).
"""

from __future__ import annotations

import os
from base64 import b64encode

from virtbus_qemu.translate import SealedSecret

KEY_BYTES = 32
_IV_BYTES = 16


def new_key() -> bytes:
    """A key for one start of a guest."""
    return os.urandom(KEY_BYTES)


def seal(secret: bytes, key: bytes, *, iv: bytes | None = None) -> SealedSecret:
    """`secret` encrypted with AES-256-CBC; `iv` is random unless it is given."""
    # Here, as it takes 7 MiB that an agent without secrets does not need.
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC
    from cryptography.hazmat.primitives.padding import PKCS7

    iv = os.urandom(_IV_BYTES) if iv is None else iv
    padder = PKCS7(AES.block_size).padder()
    padded = padder.update(secret) + padder.finalize()
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    sealed = encryptor.update(padded) + encryptor.finalize()
    return SealedSecret(data=b64encode(sealed).decode(), iv=b64encode(iv).decode())
