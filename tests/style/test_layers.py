"""Imports are layers: who may import whom, inside the project."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.style.tree import AGENTS, PACKAGES, agent_package, place, python_files, refuse, tree

BASE = ["virtbus.directories", "virtbus.errors", "virtbus.uri"]

# importer: what it may import, besides itself. The longest importer that fits a module counts.
MAY_IMPORT = {
    "virtbus.directories": [],
    "virtbus.errors": [],
    "virtbus.uri": ["virtbus.errors"],
    "virtbus.model": BASE,
    "virtbus.operations": [*BASE, "virtbus.model"],
    "virtbus.wire": [*BASE, "virtbus.model", "virtbus.operations"],
    "virtbus.client": [*BASE, "virtbus.model", "virtbus.operations", "virtbus.wire"],
    "virtbus.agent": [*BASE, "virtbus.model", "virtbus.operations", "virtbus.wire"],
    "virtbus": [*BASE, "virtbus.client"],
    "virtbus_broker": [*BASE, "virtbus.wire"],
    "virtbus_cli": ["virtbus"],
} | {
    agent_package(agent).name: [*BASE, "virtbus.model", "virtbus.operations", "virtbus.agent"]
    for agent in AGENTS
}


def module_of(path: Path, package: str) -> str:
    parts = path.relative_to(PACKAGES[package].parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, module: str) -> Iterator[tuple[int, str]]:
    """Each project module that a file imports, wherever in the file, with its line."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(above if node.level else []), *filter(None, [node.module])])
            for alias in node.names:
                # `from virtbus import model` imports virtbus.model.
                yield node.lineno, f"{base}.{alias.name}" if is_module(base, alias.name) else base


def is_module(base: str, name: str) -> bool:
    top, *below = base.split(".")
    if top not in PACKAGES:
        return False
    folder = PACKAGES[top].joinpath(*below)
    return (folder / name).is_dir() or (folder / f"{name}.py").is_file()


def within(module: str, layer: str) -> bool:
    return module == layer or module.startswith(f"{layer}.")


def test_imports_keep_to_their_layers() -> None:
    faults = []
    for package in PACKAGES:
        for path in python_files(str(PACKAGES[package])):
            module = module_of(path, package)
            layer = max((name for name in MAY_IMPORT if within(module, name)), key=len)
            allowed = [layer, *MAY_IMPORT[layer]] if layer != "virtbus" else MAY_IMPORT[layer]
            faults += [
                f"{place(path, line)}: {layer} imports {imported}"
                for line, imported in imports(path, module)
                if imported.split(".")[0] in PACKAGES
                and not any(within(imported, name) for name in allowed)
            ]
    refuse(faults, "an import against the layers (the table is in this test):")


def test_nothing_imports_the_tests() -> None:
    faults = [
        f"{place(path, line)}: {imported}"
        for package in PACKAGES
        for path in python_files(str(PACKAGES[package]))
        for line, imported in imports(path, module_of(path, package))
        if imported.split(".")[0] in {"tests", "tools", "bench"}
    ]
    refuse(faults, "packages must work without the rest of the tree:")
