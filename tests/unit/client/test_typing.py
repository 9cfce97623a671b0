"""Types and loading, as users meet them."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("user_script.py")


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_users_script_is_checked_strictly() -> None:
    run("-m", "mypy", "--strict", "--warn-unused-ignores", str(SCRIPT))


def test_importing_loads_next_to_nothing() -> None:
    heavy = "{'zmq', 'msgspec', 'msgpack', 'asyncio', 'lxml', 'virtbus.client'}"
    run("-c", f"import sys, virtbus; assert not {heavy} & set(sys.modules)")


def test_blocking_users_do_not_load_asyncio_nor_documents() -> None:
    heavy = "{'asyncio', 'lxml', 'structlog', 'ssl'}"
    run("-c", f"import sys, virtbus; virtbus.connect; assert not {heavy} & set(sys.modules)")


def test_all_names_are_there() -> None:
    run("-c", "import virtbus; [getattr(virtbus, n) for n in virtbus.__all__]; dir(virtbus)")
