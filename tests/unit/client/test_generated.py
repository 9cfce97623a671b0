"""The generated files are what their sources say, and cover the catalogue."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import virtbus
from virtbus.operations import CATALOGUE, Operation

ROOT = Path(__file__).parents[3]


def test_generated_files_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/generate.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("operation", CATALOGUE.values(), ids=lambda entry: entry.name)
def test_each_operation_is_a_method_of_both(operation: Operation) -> None:
    on_domain = operation.target == "domain"
    for part, is_async in ((virtbus, False), (virtbus.aio, True)):
        owner = part.Domain if on_domain else part.Connection
        method = getattr(owner, operation.method)
        assert inspect.iscoroutinefunction(method) is is_async
        assert "deadline_s" in inspect.signature(method).parameters
        assert operation.summary.split(".")[0].split()[0] in (method.__doc__ or "")


def test_both_have_the_same_names() -> None:
    for name in ("Connection", "Domain", "EventStream", "LiveDomains", "Console"):
        blocking, awaited = getattr(virtbus, name), getattr(virtbus.aio, name)
        assert [n for n in vars(blocking) if not n.startswith("_")] == [
            n for n in vars(awaited) if not n.startswith("_")
        ]
