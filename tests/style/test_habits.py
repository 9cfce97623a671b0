"""Habits that no linter checks for us."""

import ast
import io
import os
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.style.tree import ROOT, place, python_files, refuse, source, tree

TEXTS = {".cfg", ".ini", ".json", ".md", ".py", ".service", ".sh", ".toml", ".txt", ".xml", ".yaml"}
UNKEPT = {
    ".cache",
    ".git",
    ".venv",
    ".tox",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
    "__pycache__",
}

# A waiver, then why, as in "type: ignore[import-untyped]  # ships no annotations".
WAIVER = re.compile(
    r"#\s*(?:type:\s*ignore(?:\[[^\]]*\])?|noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?)"
)
ONE_MACHINE = re.compile(r"(?<![\w.])/(?:root|work|Users|workspace)/\w|index[-_]url")


def suppressions(path: Path) -> Iterator[int]:
    """Lines with `suppress(Exception)` or wider."""
    for node in ast.walk(tree(path)):
        match node:
            case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"), args=args):
                if any(ast.unparse(kind) in {"Exception", "BaseException"} for kind in args):
                    yield node.lineno


def test_no_error_is_swallowed() -> None:
    faults = [place(path, line) for path in python_files() for line in suppressions(path)]
    refuse(faults, "name the errors that may be ignored there, and say why:")


def test_each_waiver_has_its_reason() -> None:
    faults = []
    for path in python_files():
        for token in tokenize.generate_tokens(io.StringIO(source(path)).readline):
            if token.type == tokenize.COMMENT and (found := WAIVER.search(token.string)):
                reason = token.string[: found.start()] + token.string[found.end() :]
                if not re.search(r"\w{2,}", reason):
                    faults.append(place(path, token.start[0]))
    refuse(faults, "an ignored finding needs its reason beside it:")


def test_double_of_our_own_code_is_not_used() -> None:
    faults = []
    for path in python_files("tests", "bench"):
        for node in ast.walk(tree(path)):
            match node:
                case ast.Import(names=[ast.alias(name=name), *_]) if "mock" in name:
                    faults.append(f"{place(path, node.lineno)}: import {name}")
                case ast.ImportFrom(module=str(module), names=names) if "mock" in module or any(
                    alias.name == "mock" for alias in names
                ):
                    faults.append(f"{place(path, node.lineno)}: from {module} import")
                case ast.Attribute(value=ast.Name(id="monkeypatch"), attr="setattr" | "delattr"):
                    faults.append(f"{place(path, node.lineno)}: monkeypatch.{node.attr}")
    refuse(faults, "tests speak to real peers or to programs that speak their protocol:")


def kept_texts() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in UNKEPT]
        for name in names:
            path = Path(folder, name)
            if path.suffix in TEXTS or name in {"run", "LICENSE"}:
                yield path


def test_no_text_speaks_of_one_machine() -> None:
    faults = [
        f"{place(path, number)}: {found[0]}"
        for path in kept_texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (found := ONE_MACHINE.search(line))
    ]
    refuse(faults, "a path or a package source that only one machine has:")
