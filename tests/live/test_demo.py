"""The demo with a real guest."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_demo_boots_a_guest_that_outlives_its_agent(require_peer: Callable[..., None]) -> None:
    require_peer("qemu-system-x86_64", "install qemu-system-x86")
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/demo.py")],
        capture_output=True, text=True, timeout=120, check=False, env=dict(os.environ),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    before = re.search(r"agent is pid (\d+), guest is pid (\d+)", done.stdout)
    after = re.search(r"agent is pid (\d+) and registered again", done.stdout)
    assert before and after and before[1] != after[1]
    assert f"guest is still pid {before[2]}, up for" in done.stdout
    assert "virtbus guest ready" in done.stdout
    for change in ("started (booted)", "suspended", "resumed", "stopped (shutdown)"):
        assert f"demo  {change}" in done.stdout
    assert not Path(f"/proc/{before[2]}").exists()
