"""The broker as a process: its sockets, its end, its successor."""

import grp
import os
import signal
import subprocess
import sys

import pytest

from tests.bus.broker_process import ROUTE, WAIT_S, running_bus
from virtbus.wire.frames import Kind


def test_sockets_have_their_modes_and_are_gone_at_the_end() -> None:
    with running_bus() as bus:
        run_dir = bus.broker.run_dir
        modes = {name: (run_dir / name).stat().st_mode & 0o777 for name in os.listdir(run_dir)}
        assert modes == {
            "requests": 0o660, "requests-ro": 0o666, "updates": 0o666, "broker.lock": 0o600,
        }  # fmt: skip
        assert bus.broker.stop() == 0
        assert os.listdir(run_dir) == ["broker.lock"]


def test_the_run_directory_can_be_reached_whatever_the_umask() -> None:
    before = os.umask(0o077)
    try:
        with running_bus() as bus:
            assert bus.broker.run_dir.stat().st_mode & 0o777 == 0o755
    finally:
        os.umask(before)


def test_an_interrupt_is_an_orderly_end_too() -> None:
    with running_bus() as bus:
        bus.broker.process.send_signal(signal.SIGINT)
        assert bus.broker.process.wait(WAIT_S) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives sockets to other groups")
def test_the_group_decides_who_may_change() -> None:
    group = grp.getgrgid(max(entry.gr_gid for entry in grp.getgrall()))
    with running_bus("--group", group.gr_name) as bus:
        assert (bus.broker.run_dir / "requests").stat().st_gid == group.gr_gid


def test_a_second_broker_says_who_is_there_and_harms_nothing() -> None:
    with running_bus() as bus:
        second = subprocess.run(
            [sys.executable, "-m", "virtbus_broker", "--run-dir", str(bus.broker.run_dir)],
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
        assert second.returncode == 1
        assert f"(pid {bus.broker.process.pid}) is already running" in second.stderr
        assert bus.peer().ask(Kind.PING)[0].kind == Kind.PONG


def test_after_a_crash_the_next_broker_takes_the_sockets_and_peers_come_back() -> None:
    with running_bus() as bus:
        agent, client = bus.peer(), bus.peer()
        assert agent.hello()[0].kind == Kind.WELCOME
        first_run = client.status().run_id
        bus.broker.kill()
        bus.broker.start()
        assert client.status().run_id != first_run
        assert client.ask(Kind.READ, "state/domain/a")[0].kind == Kind.ERROR
        assert agent.hello()[0].kind == Kind.WELCOME
        id = client.request()
        assert agent.hear()[0].id == id


def test_an_idle_broker_is_small() -> None:
    with running_bus() as bus:
        assert bus.peer().status().agents == ()
        assert bus.broker.pss_kib < 25 * 1024


@pytest.mark.parametrize("arguments", [["--run-dir", "/proc/none"], ["--config", "/none"]])
def test_what_cannot_be_is_said_on_one_line(arguments: list[str]) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "virtbus_broker", *arguments],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("virtbus-broker: ")
    assert len(refused.stderr.splitlines()) == 1


def test_a_request_is_stamped_with_what_the_kernel_says() -> None:
    with running_bus() as bus:
        agent, writer, reader = bus.peer(), bus.peer(), bus.peer("requests-ro")
        agent.hello()
        stamp = f"uid={os.getuid()} gid={os.getgid()} pid={os.getpid()}"
        for client, grants in ((writer, "*:*:*"), (reader, "read:*:*")):
            client.request()
            asked, _ = agent.hear()
            assert (asked.sender, asked.grants, asked.route) == (stamp, grants, ROUTE)
