"""`virtbus up`: what dies comes back, what is ended takes all along, and the demo on top of it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bus.cli_bus import WAIT_S, cli_bus

ROOT = Path(__file__).parents[2]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_end(*pids: int) -> None:
    until_s = time.monotonic() + WAIT_S
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < until_s
        time.sleep(0.05)


@pytest.mark.parametrize("name", ["test", "broker"])
def test_what_dies_is_started_again(name: str) -> None:
    with cli_bus() as bus:
        before = bus.pid(name)
        os.kill(before, signal.SIGKILL)
        bus.wait_until(lambda: bus.state(name) == "down" or bus.pid(name) != before)
        bus.wait_until(
            lambda: (
                bus.state("test") == "present"
                and bus.state("broker") == "running"
                and bus.pid(name) != before
            )
        )
        assert any("killed by SIGKILL, again in 0.2 s" in str(line) for line in bus.lines)
        assert bus.json("list")[0]["name"] == "test"


def test_a_process_that_cannot_start_is_tried_with_growing_pauses_and_its_words_are_told() -> None:
    with cli_bus() as bus:
        (bus.directory / "config" / "test-agent.toml").write_text("log_level = 'loud'\n")
        os.kill(bus.pid("test"), signal.SIGTERM)
        bus.wait_until(lambda: "again in 0.8 s" in str(bus.lines[-1]))
        assert "exited with status 1" in str(bus.lines[-1])
        assert "log_level" in str(bus.lines[-1])
        (bus.directory / "config" / "test-agent.toml").unlink()
        bus.wait_until(lambda: bus.state("test") == "present")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_all_in_order(number: signal.Signals) -> None:
    with cli_bus() as bus:
        pids = bus.pid("test"), bus.pid("broker")
        bus.up.send_signal(number)
        assert bus.up.wait(WAIT_S) == 0
        assert not any(is_running(pid) for pid in pids)
        assert "guests run on" in bus.lines[-1]["message"]


def test_nothing_outlives_its_own_kill() -> None:
    with cli_bus() as bus:
        pids = bus.pid("test"), bus.pid("broker")
        bus.up.kill()
        bus.up.wait(WAIT_S)
        wait_for_end(*pids)
        bus.start()
        assert bus.json("list")[0]["name"] == "test"


def test_a_second_one_in_the_same_place_is_refused() -> None:
    with cli_bus() as bus:
        second = bus.run("up", "--dir", str(bus.directory), "--only", "test")
        assert second.returncode == 6
        assert f"(pid {bus.pid('broker')}) already serves" in second.stderr
        assert bus.json("list")


def test_logs_are_where_it_says() -> None:
    with cli_bus() as bus:
        logs = {line["name"]: Path(line["log"]) for line in bus.lines if line.get("log")}
        assert logs["test"] == bus.directory / "log" / "test.log"
        assert "registered" in logs["test"].read_text()
        assert "serving" in logs["broker"].read_text()


def test_an_agent_that_is_not_installed_is_refused() -> None:
    with cli_bus() as bus:
        done = bus.run("up", "--dir", str(bus.directory), "--only", "nosuch")
        assert done.returncode == 2
        assert "there are" in done.stderr


def run_demo(environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(ROOT / "tools/demo.py")],
        capture_output=True, text=True, timeout=90, check=False, env=environment,
    )  # fmt: skip


def test_the_demo_without_qemu_says_so_and_goes_on(tmp_path: Path) -> None:
    done = run_demo({**os.environ, "PATH": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No real guest: no qemu-system-*" in done.stdout
    assert "'hello, guest', which is what we sent" in done.stdout
    assert "test:///default is absent" in done.stdout


def test_an_interrupted_demo_leaves_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(tmp_path), "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tools/demo.py")],
        stdout=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if "console:" in line:
            break
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    process.stdout.close()
    assert process.wait(WAIT_S) == 130
    assert list(tmp_path.iterdir()) == []
