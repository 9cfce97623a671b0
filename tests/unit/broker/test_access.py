import pytest

from virtbus_broker.access import is_welcome, may_read, may_subscribe

DOMAINS = "change:domain:qemu:///system read:host:*"


@pytest.mark.parametrize(
    "grants, route, key, allowed",
    [
        ("*:*:*", "qemu:///system", "", True),
        ("read:*:*", "qemu:///system", "state/", True),
        (DOMAINS, "qemu:///system", "state/domain/1", True),
        (DOMAINS, "qemu:///system", "stats/domain/", True),
        (DOMAINS, "qemu:///system", "state/network/1", False),
        (DOMAINS, "qemu:///system", "state/dom", False),
        (DOMAINS, "qemu:///system", "state/", False),
        (DOMAINS, "qemu:///system", "", False),
        (DOMAINS, "test:///default", "state/domain/1", False),
        (DOMAINS, "test:///default", "state/host/", True),
        ("", "qemu:///system", "state/domain/1", False),
    ],
)
def test_reads(grants: str, route: str, key: str, allowed: bool) -> None:
    assert may_read(grants, route, key) is allowed


@pytest.mark.parametrize(
    "grants, topic, allowed",
    [
        ("read:*:*", b"", True),
        ("read:*:*", b"qemu:", True),
        ("read:*:qemu:///*", b"qemu:///sys", True),
        ("read:*:qemu:///*", b"qemu:/", False),
        ("read:*:qemu:///system", b"qemu:///system", False),
        ("read:*:qemu:///system", b"qemu:///system ", True),
        (DOMAINS, b"qemu:///system state/domain/", True),
        (DOMAINS, b"qemu:///system state/domain", False),
        (DOMAINS, b"qemu:///system ", False),
        (DOMAINS, b"qemu:///system presence", True),
        (DOMAINS, b"welcome " + b"0" * 32, True),
        (DOMAINS, b"welcome ", False),
        (DOMAINS, b"\xff state/domain/", False),
        ("", b"qemu:///system presence", False),
    ],
)
def test_subscriptions(grants: str, topic: bytes, allowed: bool) -> None:
    assert may_subscribe(grants, topic) is allowed


def test_only_32_hexadecimal_digits_are_a_welcome() -> None:
    assert is_welcome(b"welcome " + b"0f" * 16)
    assert not is_welcome(b"welcome " + b"0F" * 16)
    assert not is_welcome(b"welcome " + b"00" * 17)
    assert not is_welcome(b"welcome " + b"0" * 32 + b"\n")
