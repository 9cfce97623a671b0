import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.guests import domain_xml, names
from bench.lab.processes import BenchError
from bench.libvirt_lab import LibvirtLab, missing_packages
from bench.manager import Manager

NAMES = names("unit", 2)


def what_is_missing() -> str:
    if os.geteuid() != 0:
        return "a private libvirtd needs root"
    if shutil.which("dpkg-query") is None:
        return "libvirt is compared from Debian's packages"
    missing = missing_packages()
    return f"not installed: {', '.join(missing)}" if missing else ""


@contextmanager
def libvirt(tmp_path: Path) -> Iterator[Manager]:
    lab = LibvirtLab(tmp_path)
    try:
        yield lab
    finally:
        lab.close()


@pytest.mark.skipif(bool(what_is_missing()), reason=what_is_missing())
def test_a_private_libvirt_runs_guests_survives_a_kill_and_leaves_nothing(tmp_path: Path) -> None:
    with libvirt(tmp_path) as manager:
        manager.define([domain_xml(name) for name in NAMES], NAMES)
        assert manager.list_all() > 0
        assert 0 < manager.start(NAMES) < 60
        pids = manager.emulators(NAMES)
        assert 0 < manager.suspend_event(NAMES[0]) < 10
        assert 0 < manager.kill_to_monitors(NAMES) < 60
        assert manager.emulators(NAMES) == pids
        assert 0 < manager.crash_event(NAMES[1]) < 10
        with pytest.raises(BenchError, match="already running"):
            manager.start([NAMES[0]])
        assert 0 < manager.destroy([NAMES[0]]) < 20
        assert manager.memory_kib("agent") > 1024
        with pytest.raises(RuntimeError, match="0 QEMU processes"):
            manager.emulators([NAMES[0]])
        manager.start([NAMES[0]])
        (left_running,) = manager.emulators([NAMES[0]])
    assert not Path(f"/proc/{left_running}").exists()
    assert not Path(f"/proc/{manager.pid('agent')}").exists()
