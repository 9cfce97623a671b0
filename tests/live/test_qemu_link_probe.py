"""Probing real emulators, and what the cache of their answers does when it is damaged."""

import asyncio
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from virtbus.errors import HypervisorFailed
from virtbus_qemu.link import AcceleratorVerdict, find_emulators, probe, probe_now, try_kvm
from virtbus_qemu.link.kvm import try_accelerator

EMULATOR = "qemu-system-x86_64"


@pytest.fixture
def emulator(require_peer: Callable[..., None]) -> Path:
    require_peer(EMULATOR, "install qemu-system-x86")
    return Path(shutil.which(EMULATOR) or "")


def test_an_emulator_says_what_it_can_do(emulator: Path) -> None:
    replies = asyncio.run(probe_now(emulator))
    assert replies.target == {"arch": "x86_64"}
    assert replies.version["qemu"]["major"] >= 6
    assert {"pc", "q35"} <= {machine.get("alias") for machine in replies.machines}
    assert "max" in {cpu["name"] for cpu in (replies.cpu_definitions or ())}
    assert "virtio-blk-pci" in {device["name"] for device in replies.devices}
    assert "rng-random" in {item["name"] for item in replies.objects}
    assert "device_add" in {command["name"] for command in replies.commands}
    assert set(replies.kvm) == {"enabled", "present"}


def test_answers_are_cached_until_the_emulator_or_the_cache_changes(
    emulator: Path, tmp_path: Path
) -> None:
    wrapper, cache, starts = tmp_path / "qemu-system-x86_64", tmp_path / "cache", tmp_path / "n"
    wrapper.write_text(f'#!/bin/sh\necho >> {starts}\nexec {emulator} "$@"\n')
    wrapper.chmod(0o755)

    def probed() -> int:
        replies = asyncio.run(probe(wrapper, cache))
        assert replies.target == {"arch": "x86_64"}
        return len(starts.read_text())

    assert [probed(), probed()] == [1, 1]
    (entry,) = cache.iterdir()
    assert entry.stat().st_mode & 0o777 == 0o600
    whole = entry.read_bytes()
    for damage in (whole[:1000], b"", b"[" * 100_000, b'{"format": 1}', b"\xff\xfe"):
        before = probed()
        entry.write_bytes(damage)
        assert [probed(), probed()] == [before + 1, before + 1]
    before = probed()
    os.utime(wrapper, ns=(1, 1))
    assert [probed(), probed()] == [before + 1, before + 1]
    assert list(cache.iterdir()) == [entry]


def test_what_is_no_emulator_fails_with_its_own_words(tmp_path: Path) -> None:
    for text, words in (("echo 'no display'; exit 3", "no display"), ("exec sleep 60", "0.3 s")):
        program = tmp_path / "qemu-system-none"
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
        with pytest.raises(HypervisorFailed, match="does not answer a probe") as raised:
            asyncio.run(probe_now(program, timeout_s=0.3))
        assert words in raised.value.cause


def test_emulators_are_found_where_a_shell_would_find_them(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for directory in (first, second):
        directory.mkdir()
        for name in ("qemu-system-arm", "qemu-img"):
            (directory / name).touch(0o755)
    (second / "qemu-system-ppc").touch(0o755)
    (second / "qemu-system-none").touch(0o644)
    (second / "qemu-system-alias").symlink_to(second / "qemu-system-ppc")
    (second / "qemu-system-directory").mkdir()
    names = [p.relative_to(tmp_path) for p in find_emulators([str(first), "", str(second)])]
    assert names == [Path("first/qemu-system-arm"), Path("second/qemu-system-ppc")]


def test_an_accelerator_is_believed_when_a_guest_ran(emulator: Path) -> None:
    assert asyncio.run(try_accelerator(emulator, "tcg")) == AcceleratorVerdict(True)
    refused = asyncio.run(try_accelerator(emulator, "warp"))
    assert not refused.works
    assert "warp" in refused.reason


def test_kvm_gets_a_verdict_in_time(emulator: Path) -> None:
    begun = time.monotonic()
    verdict = asyncio.run(try_kvm(emulator, timeout_s=0.5))
    assert time.monotonic() - begun < 2
    assert verdict.works != bool(verdict.reason)
    assert verdict.works or os.path.exists("/dev/kvm") or "kvm" in verdict.reason.lower()
