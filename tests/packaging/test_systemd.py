"""The systemd units: each component has one, systemd takes them, and they stay hardened."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from virtbus.directories import directories

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "packaging/systemd").glob("*.service"))
PREFIX = "/opt/virtbus/bin"
EVERY_UNIT = {
    "LockPersonality": "yes",
    "NoNewPrivileges": "yes",
    "ProtectKernelModules": "yes",
    "RestrictNamespaces": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallArchitectures": "native",
    "Restart": "always",
    "StartLimitIntervalSec": "0",
}
# systemd's own measure, 0 (shut) to 100 (open). Guests inherit what their agent may not do.
EXPOSURE = {"virtbus-broker": 15, "virtbus-test-agent": 10, "virtbus-qemu-agent": 45}

each_unit = pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)


def settings(unit: Path) -> dict[str, list[str]]:
    """Each key of a unit with its values, in order; systemd adds up those that come again."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"(\w+)=(.*)", line):
            found.setdefault(match[1], []).append(match[2])
    return found


def services() -> set[str]:
    """The console scripts that run for long: the broker's and the agents'."""
    found: set[str] = set()
    for path in [ROOT / "broker/pyproject.toml", *ROOT.glob("components/*-agent/pyproject.toml")]:
        found |= tomllib.loads(path.read_text(encoding="utf-8"))["project"]["scripts"].keys()
    return found


def run(*command: str) -> None:
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_each_component_has_a_unit() -> None:
    assert {unit.stem for unit in UNITS} == services()


@each_unit
def test_a_unit_starts_the_script_of_its_name(unit: Path) -> None:
    (start,) = settings(unit)["ExecStart"]
    assert start.split()[0] == f"{PREFIX}/{unit.stem}"


@each_unit
def test_a_unit_is_hardened(unit: Path) -> None:
    found = settings(unit)
    assert {key: found.get(key, [""])[-1] for key in EVERY_UNIT} == EVERY_UNIT
    assert found["ProtectSystem"] in (["strict"], ["full"])
    assert found["SystemCallFilter"][0] == "@system-service"
    for bounded in ("CapabilityBoundingSet", "DevicePolicy", "RestrictAddressFamilies"):
        assert bounded in found
    assert "User" in found or unit.stem == "virtbus-qemu-agent"


def test_the_test_agent_may_write_where_it_keeps_its_state() -> None:
    """The folder that the runtime takes from the unit's environment is one the unit opens."""
    found = settings(ROOT / "packaging/systemd/virtbus-test-agent.service")
    words = " ".join(found["Environment"]).split()
    chosen = directories(dict(word.split("=", 1) for word in words), uid=1000)
    assert str(chosen.state) in found["ReadWritePaths"][0].split()
    assert (chosen.config, chosen.run) == (Path("/etc/virtbus"), Path("/run/virtbus"))


def test_guests_outlive_their_agent_and_keep_what_they_need() -> None:
    found = settings(ROOT / "packaging/systemd/virtbus-qemu-agent.service")
    assert found["KillMode"] == ["process"]
    assert found["Delegate"] == ["yes"]
    assert found["OOMPolicy"] == ["continue"]
    shut_to_guests = {"MemoryDenyWriteExecute", "PrivateTmp", "PrivateDevices", "RestrictRealtime"}
    assert not shut_to_guests & found.keys()


@each_unit
def test_systemd_takes_a_unit(
    unit: Path, tmp_path: Path, require_peer: Callable[..., None]
) -> None:
    """The script that the unit starts is the one in this environment: it must exist, too."""
    require_peer("systemd-analyze", "install systemd")
    here = tmp_path / unit.name
    text = unit.read_text(encoding="utf-8")
    here.write_text(text.replace(PREFIX, f"{sys.prefix}/bin"), encoding="utf-8")
    run("systemd-analyze", "verify", "--man=no", str(here))
    run(
        "systemd-analyze",
        "security",
        "--offline=true",
        f"--threshold={EXPOSURE[unit.stem]}",
        str(here),
    )


def test_users_and_folders_can_be_made(tmp_path: Path, require_peer: Callable[..., None]) -> None:
    require_peer("systemd-sysusers", "install systemd")
    require_peer("changing owners", "be root", present=os.geteuid() == 0)
    root, folder = tmp_path / "root", ROOT / "packaging/systemd"
    (root / "etc").mkdir(parents=True)
    run("systemd-sysusers", f"--root={root}", str(folder / "virtbus.sysusers.conf"))
    run("systemd-tmpfiles", f"--root={root}", "--create", str(folder / "virtbus.tmpfiles.conf"))
    ids = {
        line.split(":")[0]: int(line.split(":")[2])
        for line in (root / "etc/passwd").read_text(encoding="utf-8").splitlines()
    }
    named = {name for unit in UNITS for name in settings(unit).get("User", [])}
    assert named | {"virtbus-qemu"} <= ids.keys()
    for name, owner in {"run/virtbus": "virtbus", "var/lib/virtbus/test": "virtbus-test"}.items():
        assert (root / name).stat().st_uid == ids[owner]
