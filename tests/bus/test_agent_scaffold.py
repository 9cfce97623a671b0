"""`virtbus-agent`: what it makes is an agent like all others, and the page goes on from there."""

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.contract.harness import UnderTest, harnesses, start
from tests.peers.bus import Bus
from tests.peers.tree import ROOT, Tree
from virtbus.agent.__main__ import main
from virtbus.agent.scaffold import new_agent
from virtbus.errors import AlreadyExists, HypervisorFailed, InvalidArgument, InvalidDocument
from virtbus.operations import domain, event
from virtbus.operations.event import DomainLifecycle, Lifecycle
from virtbus.operations.records import State

PAGE = ROOT / "docs/write-an-agent.md"
BLOCK = re.compile(r"^`([a-z_/]+\.py)`\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STYLE = ("agents", "habits", "layers", "names", "sizes")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(tmp_path_factory.mktemp("tree"))


def has_style(tree: Tree, name: str) -> None:
    """Fails if an agent breaks a house rule, or is wrong by its types; others may be at work."""
    files = (f"components/{name}-agent", f"tests/contract/agents/{name}.py")
    tree.run("ruff", "check", *files)
    tree.run("ruff", "format", "--check", *files)
    tree.run("mypy", "--follow-imports=silent", "-p", f"virtbus_{name}")
    rules = (f"tests/style/test_{each}.py" for each in STYLE)
    told = tree.run("pytest", "-q", *rules, may_fail=True)
    assert re.search(r"\d+ passed", told)
    assert f"{name}-agent" not in told
    assert f"virtbus_{name}" not in told


def test_a_new_agent_passes_style_types_and_contract(tree: Tree) -> None:
    made = tree.run("virtbus.agent", "new", "fresh").splitlines()
    assert "components/fresh-agent/virtbus_fresh/driver.py" in made
    has_style(tree, "fresh")
    passed = tree.run("pytest", "-q", "tests/contract", "-k", "fresh")
    assert int(re.findall(r"(\d+) passed", passed)[0]) >= 30


def test_a_new_agent_is_listed_once_it_is_installed(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_agent("listed", tree.root)
    component = str(tree.root / "components/listed-agent")
    options = ("--no-deps", "--no-build-isolation", "-q", "--target", str(tmp_path))
    tree.run("pip", "install", *options, component)
    sys.path.insert(0, str(tmp_path))
    try:
        assert main(["list"]) == 0
    finally:
        sys.path.remove(str(tmp_path))
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert {"test", "listed"} <= set(lines)
    assert lines["listed"].endswith("listed:///system  usable")


@pytest.mark.parametrize("name", ["", "x", "Upper", "a-b", "../up", "1st", "a" * 40])
def test_a_name_must_do_for_a_scheme_and_a_package(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidArgument):
        new_agent(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_agent("twice", tmp_path)
    with pytest.raises(AlreadyExists):
        new_agent("twice", tmp_path)
    assert main(["new", "twice", str(tmp_path)]) == 1
    assert "is there already" in capsys.readouterr().err


@pytest.fixture(scope="module")
def page(tree: Tree) -> Tree:
    """The agent of the page, written as the page says."""
    new_agent("process", tree.root)
    for name, text in BLOCK.findall(PAGE.read_text()):
        base = tree.root if name.startswith("tests/") else tree.root / "components/process-agent"
        assert (base / name).exists(), f"{name} is not of the new agent's files"
        (base / name).write_text(text)
    return tree


def test_the_page_has_all_files_and_is_not_long() -> None:
    blocks = dict(BLOCK.findall(PAGE.read_text()))
    assert len(blocks) == PAGE.read_text().count("```python") == 5
    code = [line for text in blocks.values() for line in text.splitlines() if line.strip()]
    assert len(code) < 230


def test_the_agent_of_the_page_passes_style_types_and_contract(page: Tree) -> None:
    has_style(page, "process")
    passed = page.run("pytest", "-q", "tests/contract", "-k", "process")
    assert int(re.findall(r"(\d+) passed", passed)[0]) >= 80


@pytest.fixture
def process(page: Tree) -> Iterator[UnderTest]:
    """The agent of the page on a bus of this test's own."""
    harness = harnesses(page.root / "tests/contract/agents")["process"]
    with Bus() as bus:
        bus.environment["PYTHONPATH"] = str(page.root / "components/process-agent")
        agent = start(harness, bus)
        yield agent
        agent.clean_up()


def pid_of(agent: UnderTest, uuid: UUID) -> int:
    return int((agent.bus.run_dir / "process" / f"{uuid}.mark").read_text().split()[0])


def test_the_end_of_a_process_is_told_at_once(process: UnderTest) -> None:
    uuid = process.running()
    pid = pid_of(process, uuid)
    assert Path(f"/proc/{pid}/cmdline").read_bytes() == b"/bin/sleep\x0060\x00"
    process.told(uuid, Lifecycle.STARTED)
    killed = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    process.told(uuid, Lifecycle.STOPPED)
    assert time.monotonic() - killed < 0.5
    assert process.record(uuid).state is State.SHUTOFF
    assert not Path(f"/proc/{pid}").exists()


def test_processes_outlive_the_agent_and_what_happened_meanwhile_is_told(
    process: UnderTest,
) -> None:
    stays, ends, paused = process.running(), process.running(), process.paused()
    last = process.call(event.Replay(after=0)).newest
    process.process.kill()
    os.kill(pid_of(process, ends), signal.SIGKILL)
    process.process = process.bus.start_agent(
        process.harness.package, routes=[process.route], settings=process.harness.settings
    )
    (told,) = process.call(event.Replay(after=last)).events
    assert isinstance(told, DomainLifecycle)
    assert (told.uuid, told.change, told.late) == (ends, Lifecycle.STOPPED, True)
    assert process.record(stays).state is State.RUNNING
    assert process.record(ends).state is State.SHUTOFF
    assert process.record(paused).state is State.PAUSED
    pid = pid_of(process, stays)
    process.call(domain.Destroy(domain=stays))
    assert not Path(f"/proc/{pid}").exists()


def test_what_is_no_program_of_the_folder_is_refused(process: UnderTest) -> None:
    xml = process.new_document()
    for program in ("/bin/sleep", "../bin/sleep", "", ".."):
        with pytest.raises(InvalidDocument) as caught:
            process.call(domain.Define(xml=xml.replace(">sleep<", f">{program}<")))
        assert caught.value.details["element"] == "init"
    with pytest.raises(InvalidDocument, match="initarg"):
        process.call(domain.Define(xml=xml.replace(">60<", "><")))
    nothing = process.call(domain.Define(xml=xml.replace(">sleep<", ">no-such-program<")))
    with pytest.raises(HypervisorFailed) as failed:
        process.call(domain.Start(domain=nothing.uuid))
    assert "there is no such program" in failed.value.message
    assert process.record(nothing.uuid).state is State.SHUTOFF
