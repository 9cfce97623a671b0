"""A copy of the project's own tree, in which a test may write."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "dist", "build")


class Tree:
    """The copy; its own tests and tools are run in it, with this environment's Python."""

    def __init__(self, place: Path) -> None:
        self.root = place / "tree"
        shutil.copytree(ROOT, self.root, ignore=LEFT_OUT)

    def run(self, *arguments: str, may_fail: bool = False, timeout_s: float = 200.0) -> str:
        """Run `python -m ARGUMENTS` in the copy; its output. Fails if that fails."""
        agents = sorted(self.root.glob("components/*"))
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": ":".join(map(str, agents))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert may_fail or done.returncode == 0, f"{arguments}\n{done.stdout}"
        return done.stdout
