"""A new agent: the files that every agent has, ready to start and to be tested."""

from __future__ import annotations

import re
import shutil
from importlib import resources
from pathlib import Path
from string import Template

from ..errors import AlreadyExists, InvalidArgument

VERSION = "0.1.0"
MODULES = ("__init__.py", "__main__.py", "driver.py", "translate.py", "link.py", "errors.py")

_NAME = re.compile(r"[a-z][a-z0-9]{1,30}\Z")


def new_agent(name: str, root: Path) -> list[Path]:
    """Write the files of an agent into the project at `root`; gives those made or changed.

    They are components/NAME-agent, and tests/contract/agents/NAME.py. Where `root` is virtbus's own
    tree, the component is entered into sdk/pyproject.toml and pyproject.toml too. Raises
    InvalidArgument for a name that cannot be a scheme and a package's name, AlreadyExists.
    """
    if not _NAME.match(name):
        reason = "2 to 31 lower case letters and digits, a letter first, as in qemu"
        raise InvalidArgument(f"name {name!r}: {reason}", field="name", reason=reason)
    component = root / "components" / f"{name}-agent"
    harness = root / "tests/contract/agents" / f"{name}.py"
    for path in (component, harness):
        if path.exists():
            raise AlreadyExists(f"{path} is there already", kind="file", name=str(path))
    package = component / f"virtbus_{name}"
    files = {package / module: module for module in (*MODULES, "py.typed")}
    files |= {component / "pyproject.toml": "pyproject.toml", harness: "harness.py"}
    for path, template in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(template, name), encoding="utf-8")
    made = list(files)
    if (root / "LICENSE").exists():
        made.append(Path(shutil.copy(root / "LICENSE", component)))
    return made + _declare(name, root)


def _filled(template: str, name: str) -> str:
    text = (resources.files(__package__) / "templates" / f"{template}.in").read_text("utf-8")
    return Template(text).substitute(name=name, camel=name.capitalize(), version=VERSION)


def _declare(name: str, root: Path) -> list[Path]:
    """Enter the component where the tree lists its components."""
    changes = {
        root / "sdk/pyproject.toml": (
            (
                r"^(all = \[\"virtbus\[.*)\]\"\]$",
                rf'{name} = ["virtbus-{name}-agent=={VERSION}"]\n\1,{name}]"]',
            ),
        ),
        root / "pyproject.toml": ((r"^(mypy_path = \".*)\"$", rf'\1:components/{name}-agent"'),),
    }
    changed = []
    for path, edits in changes.items():
        text = before = path.read_text("utf-8") if path.exists() else ""
        for pattern, replacement in edits:
            text = re.sub(pattern, replacement, text, count=1, flags=re.MULTILINE)
        if text != before:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed
