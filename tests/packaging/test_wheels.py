"""What users install: wheels that hold all they need, and `virtbus[all]` from a folder of them."""

import subprocess
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROJECTS = [ROOT / "sdk", ROOT / "broker", *sorted(ROOT.glob("components/*"))]


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def declared(project: Path) -> dict[str, Any]:
    """The `project` table of a distribution."""
    tables = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(tables["project"])


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    run(ROOT / "run", "wheels", folder, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def installed(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a fresh environment with `virtbus[all]`; dependencies as pip is set up."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=True, symlinks=True)
    python = folder / "bin/python"
    run(python, "-m", "pip", "install", "--find-links", wheels, "virtbus[all]", cwd=folder)
    return folder / "bin"


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_a_wheel_holds_its_package(wheels: Path, project: Path) -> None:
    name, version = declared(project)["name"], declared(project)["version"]
    (wheel,) = wheels.glob(f"{name.replace('-', '_')}-{version}-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        information = next(entry.split("/")[0] for entry in held if ".dist-info/" in entry)
        assert archive.read(f"{information}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    sources = {
        str(path.relative_to(project))
        for package in project.glob("virtbus*")
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert sources
    assert sources == {entry for entry in held if not entry.startswith(information)}


def test_every_package_says_that_it_is_typed() -> None:
    packages = [package for project in PROJECTS for package in project.glob("virtbus*")]
    assert [package.name for package in packages if not (package / "py.typed").is_file()] == []


def test_the_wheels_are_this_version_of_ours(wheels: Path, installed: Path) -> None:
    ours = {declared(project)["name"]: declared(project)["version"] for project in PROJECTS}
    listed = run(installed / "python", "-m", "pip", "list", "--format=freeze", cwd=wheels)
    found = dict(line.split("==") for line in listed.splitlines() if line.startswith("virtbus"))
    assert found == ours
    run(installed / "python", "-m", "pip", "check", cwd=wheels)


def test_all_scripts_answer_help(installed: Path, tmp_path: Path) -> None:
    scripts = [script for project in PROJECTS for script in declared(project).get("scripts", {})]
    assert len(scripts) == len(PROJECTS)
    for script in scripts:
        assert script in run(installed / script, "--help", cwd=tmp_path)


def test_the_runtime_finds_the_agents(installed: Path, tmp_path: Path) -> None:
    code = (
        "from importlib.metadata import entry_points\n"
        "for point in entry_points(group='virtbus.agents'):\n"
        "    print(point.name, point.load().__name__)\n"
    )
    found = set(run(installed / "python", "-c", code, cwd=tmp_path).splitlines())
    assert found >= {"test virtbus_test", "qemu virtbus_qemu"}
