"""Secrets for a guest's command line."""

from __future__ import annotations

from base64 import b64decode

from virtbus_qemu.link.seal import KEY_BYTES, new_key, seal


def test_a_secret_is_sealed_as_qemu_opens_it() -> None:
    # made with: openssl enc -aes-256-cbc -K 00..1f -iv 00..0f -base64
    sealed = seal(b"open sesame", bytes(range(32)), iv=bytes(range(16)))
    assert sealed.data == "5pjlp2G0+gBsFh06Np0Bqw=="
    assert sealed.iv == "AAECAwQFBgcICQoLDA0ODw=="


def test_each_key_and_vector_is_another() -> None:
    key = new_key()
    assert len(key) == KEY_BYTES and key != new_key()
    first, second = seal(b"x", key), seal(b"x", key)
    assert first.iv != second.iv and first.data != second.data
    assert len(b64decode(first.data)) == 16
