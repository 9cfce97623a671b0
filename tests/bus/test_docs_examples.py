"""The examples in the documentation do what stands below them."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from tests.bus.cli_bus import WAIT_S, CliBus, cli_bus
from virtbus.agent import AgentSettings
from virtbus.errors import BY_CODE
from virtbus_broker.config import Settings
from virtbus_cli.app import cli
from virtbus_cli.failures import EXIT_CODES
from virtbus_qemu.driver import QemuDriver

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def examples(page: str) -> list[tuple[str, str]]:
    """Each Python block of a page, and the output that stands below it."""
    return EXAMPLE.findall((ROOT / page).read_text(encoding="utf-8"))


GUIDE = examples("docs/sdk-guide.md")


@pytest.fixture(scope="module")
def bus() -> Iterator[CliBus]:
    with cli_bus() as started:
        yield started


def run(bus: CliBus, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, env=bus.environment, timeout=WAIT_S, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), code
    return done.stdout


@pytest.mark.parametrize("code, output", GUIDE, ids=[str(number) for number in range(len(GUIDE))])
def test_an_example_of_the_guide(bus: CliBus, code: str, output: str) -> None:
    assert output, "each example shows what it prints"
    assert run(bus, code) == output


def test_the_guide_has_its_examples() -> None:
    assert len(GUIDE) >= 10


@pytest.mark.parametrize("code, output", examples("README.md"))
def test_an_example_of_the_readme(bus: CliBus, code: str, output: str) -> None:
    assert run(bus, code) == output


def commands(page: str) -> list[list[str]]:
    """The lines of a page's shell blocks that use the `virtbus` command."""
    blocks = re.findall(
        r"^```sh\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    lines = [line.split("#")[0].split() for block in blocks for line in block.splitlines()]
    called = [words[1:] if words[:1] == ["./run"] else words for words in lines]
    return [words[1:] for words in called if words[:1] == ["virtbus"]]


@pytest.mark.parametrize("page", ["README.md", "docs/operator.md"])
def test_the_commands_of_a_page_exist_and_take_their_options(page: str) -> None:
    found = [words for words in commands(page) if words]
    assert found
    for words in found:
        # An option that is not known is refused before --help is obeyed.
        result = CliRunner().invoke(cli, [*words, "--help"], prog_name="virtbus")
        assert result.exit_code == 0, (words, result.output)


OPERATOR = ROOT / "docs/operator.md"


@pytest.mark.parametrize("kind", [Settings, AgentSettings, QemuDriver.settings_type])
def test_each_setting_is_explained_with_its_default(kind: type[msgspec.Struct]) -> None:
    text = OPERATOR.read_text(encoding="utf-8")
    for field in msgspec.structs.fields(kind):
        if isinstance(field.default, msgspec.Struct):
            assert f"a table `[{field.name}]`" in text
            inner = msgspec.structs.fields(field.default)
            assert [each.name for each in inner if f"`{each.name}`" not in text] == []
            continue
        row = re.search(rf"^\| `{field.name}` \| (.*?) \|", text, re.MULTILINE)
        assert row is not None, field.name
        if not field.required:
            assert row[1] == (f"`{field.default}`" if field.default != "" else "empty"), field.name


def test_each_error_has_its_line_in_the_troubleshooting() -> None:
    text = OPERATOR.read_text(encoding="utf-8")
    leaves = [code for code, kind in BY_CODE.items() if not kind.__subclasses__()]
    missing = [code for code in leaves if f"\n| `{code}` |" not in text]
    assert missing == []


def test_each_exit_status_is_listed() -> None:
    text = OPERATOR.read_text(encoding="utf-8")
    assert [status for status in EXIT_CODES if f"\n| {status} |" not in text] == []


@pytest.mark.parametrize("page", ["README.md", "docs/operator.md", "docs/sdk-guide.md"])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert ((ROOT / page).parent / link).exists(), link
