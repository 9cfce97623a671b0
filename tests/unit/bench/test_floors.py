import shutil

import pytest

from bench import floors

needs_qemu = pytest.mark.skipif(
    shutil.which(floors.EMULATOR) is None, reason=f"{floors.EMULATOR} is not installed"
)


def test_a_socket_round_trip_takes_microseconds() -> None:
    assert 1e-6 < floors.socket_ping_pong_s(calls=50) < 0.1


@needs_qemu
def test_a_guest_started_by_hand_runs_and_ends() -> None:
    with floors.running_guest() as guest:
        assert guest.execute("query-status")["status"] == "running"
        guest.execute("stop")
        assert guest.execute("query-status")["status"] == "paused"
        with pytest.raises(RuntimeError, match="no-such-command"):
            guest.execute("no-such-command")


@needs_qemu
def test_starts_and_ends_are_timed() -> None:
    assert 0 < floors.start_by_hand_s(2) < 20
    assert 0 < floors.end_by_hand_s() < 20
