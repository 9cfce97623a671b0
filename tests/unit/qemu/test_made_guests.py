"""Guests made from the declarations: refused by an error of ours, or started by our words alone."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.argv import Smuggled, examine, split
from tests.fuzz.made import try_guest
from tests.fuzz.values import CANARY
from tests.unit.qemu.test_translate_command import domain_of
from tests.unit.qemu.translate_caps import started
from tests.unit.qemu.translate_documents import ACCEPTED
from virtbus_qemu.translate import CommandLine, QmpCommand

SETTINGS = settings(
    max_examples=1500, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)


@SETTINGS
@given(st.binary(min_size=100, max_size=2000))
def test_guests_of_all_architectures(data: bytes) -> None:
    try_guest(data)


def line_of(*argv: str, setup: tuple[QmpCommand, ...] = ()) -> CommandLine:
    domain = domain_of(next(iter(ACCEPTED.values())))
    return CommandLine(argv=("qemu", *argv), fds=(), setup=setup, domain=domain)


def test_a_command_line_is_taken_apart_as_qemu_does() -> None:
    assert list(split("socket,id=a,,b=c,path=/x,server,wait=off")) == [
        ("", "socket"), ("id", "a,b=c"), ("path", "/x"), ("server", "on"), ("wait", "off"),
    ]  # fmt: skip
    assert list(split("a=b,,")) == [("a", "b,")]
    assert list(split("a=b,,,c=d")) == [("a", "b,"), ("c", "d")]
    assert list(split("/a\nb,c=d\ne")) == [("", "/a\nb"), ("c", "d\ne")]


@pytest.mark.parametrize(
    "argv",
    [
        ("-chardev", f"file,id=a,path=/x,{CANARY}=1"),
        ("-chardev", "file,id=a,path=/x,id=b"),
        ("-chardev", "file,id=a,path=/run/guest/../other"),
        ("-cpu", f"max,x,{CANARY}=on"),
        ("-device", f'{{"driver":"x","{CANARY}":1}}'),
        ("-device", '{"driver":"x","driver":"y"}'),
        ("-device", f'{{"driver":"x","a":[{{"{CANARY}":1}}]}}'),
        ("-uuid", "x\0y"),
        (f"-{CANARY}",),
        ("-name", "guest=a", "/x.img"),
    ],
)
def test_what_was_smuggled_is_found(argv: tuple[str, ...]) -> None:
    with pytest.raises(Smuggled):
        examine(line_of(*argv), "/run/guest")


def test_the_human_monitor_is_not_spoken_to() -> None:
    command = QmpCommand("human-monitor-command", {"command-line": "x"})
    with pytest.raises(Smuggled):
        examine(line_of(setup=(command,)), "/run/guest")


@pytest.mark.parametrize("name", ACCEPTED)
def test_our_own_command_lines_pass(name: str) -> None:
    examine(started(domain_of(ACCEPTED[name])), "/run/guest")
