"""Every agent has the same files, so that who knows one knows all.

`__main__.py` starts it, `driver` decides, `translate` puts words into other words, `link` waits on
the world, `errors` is a table from native errors to ours. Each may be a package of the same name.
An agent without a world to wait on, as the one for test:///, has no `link`, and then may have no
`translate` and no `errors` either: there is nothing native to put into words.
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.style.tree import (
    AGENTS,
    ROOT,
    agent_package,
    place,
    python_files,
    refuse,
    source,
    tree,
)

ALWAYS = ("__main__", "driver")
WITH_A_WORLD = ("link", "translate", "errors")
IMPURE_MODULES = {
    "aiofiles", "asyncio", "fcntl", "glob", "io", "multiprocessing", "os", "random", "secrets",
    "select", "selectors", "shutil", "signal", "socket", "ssl", "subprocess", "tempfile",
    "threading", "time", "zmq",
}  # fmt: skip
IMPURE_CALLS = {
    "exec", "eval", "input", "now", "open", "print", "read_bytes", "read_text", "today", "utcnow",
    "uuid1", "uuid4", "write_bytes", "write_text",
}  # fmt: skip
MAIN_LINES = 15


def has(package: Path, name: str) -> bool:
    return (package / f"{name}.py").is_file() or (package / name / "__init__.py").is_file()


def test_there_are_agents() -> None:
    assert {agent.name for agent in AGENTS} >= {"test-agent", "qemu-agent"}


@pytest.mark.parametrize("agent", AGENTS, ids=lambda path: path.name)
def test_an_agent_has_the_files_that_all_have(agent: Path) -> None:
    package = agent_package(agent)
    wanted = ALWAYS + (WITH_A_WORLD if has(package, "link") else ())
    refuse([f"{name}.py" for name in wanted if not has(package, name)], f"{place(package)} lacks:")
    lines = len(source(package / "__main__.py").splitlines())
    assert lines <= MAIN_LINES, f"{place(package)}/__main__.py only starts the agent: {lines} lines"


@pytest.mark.parametrize("agent", AGENTS, ids=lambda path: path.name)
def test_an_agent_is_declared_to_the_runtime(agent: Path) -> None:
    declared = tomllib.loads(source(agent / "pyproject.toml"))["project"]
    package = agent_package(agent).name
    assert declared["name"] == f"virtbus-{agent.name}"
    assert package in declared["entry-points"]["virtbus.agents"].values()
    assert declared["scripts"] == {declared["name"]: f"{package}.__main__:main"}


def impurities(module: ast.Module) -> Iterator[tuple[int, str]]:
    """What makes a module more than words: imports, calls and waits that touch the world."""
    for node in ast.walk(module):
        match node:
            case ast.Import(names=names):
                touched = {alias.name.split(".")[0] for alias in names} & IMPURE_MODULES
                yield from ((node.lineno, f"import {name}") for name in touched)
            case ast.ImportFrom(module=str(name), level=0) if name.split(".")[0] in IMPURE_MODULES:
                yield node.lineno, f"from {name} import"
            case ast.Await() | ast.AsyncFunctionDef() | ast.AsyncFor() | ast.AsyncWith():
                yield node.lineno, "waits"
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if (
                name in IMPURE_CALLS
            ):
                yield node.lineno, f"{name}()"


def test_translation_is_pure() -> None:
    files = [
        path
        for path in python_files("components")
        if path.name == "translate.py" or path.parent.name == "translate"
    ]
    faults = [
        f"{place(path, line)}: {what}" for path in files for line, what in impurities(tree(path))
    ]
    refuse(faults, "translate has no I/O, clock or randomness; link and driver have them:")


def test_every_component_is_installed_by_all() -> None:
    extras = tomllib.loads(source(ROOT / "sdk/pyproject.toml"))["project"]["optional-dependencies"]
    named = {
        requirement.partition("==")[0]
        for extra, requirements in extras.items()
        if extra != "all"
        for requirement in requirements
    }
    declared = {
        tomllib.loads(source(path))["project"]["name"]
        for path in [ROOT / "broker/pyproject.toml", *ROOT.glob("components/*/pyproject.toml")]
    }
    assert named == declared
    assert extras["all"] == [f"virtbus[{','.join(extra for extra in extras if extra != 'all')}]"]
