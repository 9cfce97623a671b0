import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.lab.processes import BenchError
from bench.lab.root import compiled, lab_root, take_root


def test_labs_are_below_the_cache_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert lab_root() == Path("/somewhere/virtbus-bench")


def test_a_module_is_compiled_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (tmp_path / "some_module.py").write_text("")
    environment = {**os.environ, **compiled()}
    command = [sys.executable, "-c", "import some_module"]
    subprocess.run(command, env=environment, cwd=tmp_path, check=True, timeout=30)
    assert list((tmp_path / "cache").rglob("some_module*.pyc"))


def test_two_benchmarks_do_not_share_a_directory(tmp_path: Path) -> None:
    lock_fd = take_root(tmp_path / "labs")
    with pytest.raises(BenchError, match="another benchmark"):
        take_root(tmp_path / "labs")
    os.close(lock_fd)
    os.close(take_root(tmp_path / "labs"))


def test_a_link_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "labs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BenchError, match="somebody else"):
        take_root(tmp_path / "labs")
