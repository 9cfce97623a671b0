"""Lint and format, by ruff, with the settings in pyproject.toml."""

import subprocess
import sys

from tests.style.tree import ROOT


def ruff(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_finds_nothing() -> None:
    ruff("check", "--no-cache", "--output-format=concise", ".")


def test_all_files_are_formatted() -> None:
    ruff("format", "--no-cache", "--check", ".")
