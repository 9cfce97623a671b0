"""The suite's own harness does what it says: orphans are reaped, and what is left over is told."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.style.tree import ROOT

SUITES = {
    "reaps": """
import os, subprocess, time

def test_an_orphan_is_gone_at_its_end():
    script = "sleep 0.2 >/dev/null 2>&1 & echo $!"
    pid = subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout.strip()
    end = time.monotonic() + 0.7
    while os.path.exists(b"/proc/" + pid):
        assert time.monotonic() < end
        time.sleep(0.01)

def test_own_children_keep_their_status():
    child = subprocess.Popen(["sh", "-c", "exit 7"])
    time.sleep(0.2)
    assert child.wait() == 7
""",
    "leaves a process": """
import subprocess

def test_careless():
    subprocess.run(["sh", "-c", "sleep 30 >/dev/null 2>&1 &"], capture_output=True, check=True)
""",
    "leaves a file": """
import tempfile

def test_careless():
    tempfile.mkdtemp()
""",
    "lacks a peer": """
def test_with_a_peer(require_peer):
    require_peer("no-such-hypervisor", "there is none")
""",
}


def outcome(folder: Path, suite: str, **environment: str) -> tuple[int, str]:
    """The exit code and the output of a small suite run under the real conftest."""
    shutil.copy(ROOT / "tests/conftest.py", folder)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_small.py").write_text(SUITES[suite])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "CI"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def test_orphans_are_reaped_and_children_are_not(tmp_path: Path) -> None:
    code, text = outcome(tmp_path, "reaps")
    assert (code, "2 passed" in text) == (0, True), text


@pytest.mark.parametrize("suite", ["leaves a process", "leaves a file"])
def test_what_is_left_over_fails_the_session(tmp_path: Path, suite: str) -> None:
    code, text = outcome(tmp_path, suite)
    assert code == 1, text
    assert f"left over: {suite.removeprefix('leaves a ')} " in text
    assert "(since test_small.py::test_careless)" in text


def test_a_missing_peer_is_skipped_for_users_and_fails_in_ci(tmp_path: Path) -> None:
    code, text = outcome(tmp_path, "lacks a peer")
    assert (code, "no no-such-hypervisor here: there is none" in text) == (0, True), text
    assert outcome(tmp_path, "lacks a peer", CI="true")[0] == 1
