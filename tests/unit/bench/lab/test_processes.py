import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.lab.processes import BenchError, Reaper, ServedClient, end_process, wait_for_path

ORPHAN_MAKER = """
import pathlib, subprocess, sys
orphan = subprocess.Popen(["sleep", "60"], start_new_session=True)
pathlib.Path(sys.argv[1]).write_text(str(orphan.pid))
"""
CLIENT = """
from bench.clients.serve import serve

def greet(name):
    print("a library's chatter")
    return "hello " + name

def fail():
    raise LookupError("no such guest")

def leave():
    raise SystemExit(3)

serve({"greet": greet, "fail": fail, "leave": leave})
"""


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def number_in(path: Path) -> int:
    wait_for_path(path, 10)
    end = time.monotonic() + 10
    while not path.read_text() and time.monotonic() < end:
        time.sleep(0.005)
    return int(path.read_text())


@contextmanager
def client(tmp_path: Path) -> Iterator[ServedClient]:
    program = tmp_path / "client.py"
    program.write_text(CLIENT)
    root = str(Path(__file__).resolve().parents[4])
    served = ServedClient(
        [sys.executable, str(program)], tmp_path / "client.log", {"PYTHONPATH": root}
    )
    try:
        yield served
    finally:
        served.close()


def test_a_process_under_the_reaper_is_reaped_as_soon_as_it_ends(tmp_path: Path) -> None:
    reaper = Reaper()
    try:
        pid = reaper.spawn(["sleep", "60"], tmp_path / "log")
        end_process(pid, signal.SIGKILL, limit_s=5)
        end = time.monotonic() + 5
        while is_there(pid) and time.monotonic() < end:
            time.sleep(0.005)
        assert not is_there(pid)
    finally:
        reaper.close()


def test_what_a_daemon_leaves_behind_ends_with_the_reaper(tmp_path: Path) -> None:
    reaper = Reaper()
    try:
        reaper.spawn([sys.executable, "-c", ORPHAN_MAKER, str(tmp_path / "pid")], tmp_path / "log")
        orphan = number_in(tmp_path / "pid")
        assert is_there(orphan)
    finally:
        reaper.close()
    assert not is_there(orphan)


def test_output_and_environment_of_a_daemon(tmp_path: Path) -> None:
    reaper = Reaper()
    try:
        command = ["sh", "-c", 'echo "$GREETING"; echo done > "$1"', "sh", str(tmp_path / "done")]
        reaper.spawn(command, tmp_path / "log", {"GREETING": "hello"})
        wait_for_path(tmp_path / "done", 10)
    finally:
        reaper.close()
    assert (tmp_path / "log").read_text() == "hello\n"


def test_a_client_answers_and_its_chatter_goes_to_its_log(tmp_path: Path) -> None:
    with client(tmp_path) as served:
        assert served.call("greet", name="you") == "hello you"
    assert "chatter" in (tmp_path / "client.log").read_text()


def test_a_failed_operation_carries_its_text_and_the_client_lives_on(tmp_path: Path) -> None:
    with client(tmp_path) as served:
        with pytest.raises(BenchError, match="fail: LookupError: no such guest"):
            served.call("fail")
        assert served.call("greet", name="again") == "hello again"


def test_a_client_that_ended_is_told_apart(tmp_path: Path) -> None:
    with client(tmp_path) as served:
        with pytest.raises(BenchError, match="ended during leave"):
            served.call("leave")
        with pytest.raises(BenchError, match="ended"):
            served.call("greet", name="you")


def test_waiting_for_a_path_that_never_comes_ends() -> None:
    with pytest.raises(TimeoutError, match="nowhere"):
        wait_for_path(Path("/nonexistent/nowhere"), 0.05)
