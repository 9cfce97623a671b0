"""What a start looks for on its host: firmware by its descriptions, devices, files to make."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from virtbus.errors import HypervisorFailed
from virtbus_qemu.link.firmware import read_firmware
from virtbus_qemu.link.hostdevices import find_scsi, find_usb
from virtbus_qemu.link.nvram import make_variables
from virtbus_qemu.translate.firmware import FlashMapping
from virtbus_qemu.translate.host_devices import ScsiRequest, UsbRequest
from virtbus_qemu.translate.runtime import UsbPlace


def describe(folder: Path, name: str, code: str, *features: str) -> None:
    flash = {"executable": {"filename": f"/fw/{code}.fd", "format": "raw"}}
    flash["nvram-template"] = {"filename": f"/fw/{code}_VARS.fd", "format": "raw"}
    description = {
        "interface-types": ["uefi"],
        "mapping": {"device": "flash"} | flash,
        "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*", "pc-i440fx-*"]}],
        "features": features,
    }
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(description), encoding="utf-8")


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    system, local = tmp_path / "share", tmp_path / "etc"
    describe(system, "10-secure.json", "secure", "secure-boot", "requires-smm", "enrolled-keys")
    describe(system, "20-plain.json", "plain")
    describe(system, "30-local.json", "distribution")
    describe(local, "30-local.json", "local")
    return system, local


def test_descriptions_hide_each_other_by_name(folders: tuple[Path, Path]) -> None:
    (folders[1] / "10-secure.json").write_text("")
    (folders[1] / "20-plain.json").write_text("{")
    installed, problems = read_firmware(folders)
    (only,) = installed
    assert isinstance(only.mapping, FlashMapping)
    assert only.mapping.executable.filename == "/fw/local.fd"
    assert len(problems) == 1 and "20-plain.json" in problems[0]


def test_usb_devices_are_found_by_what_they_are(tmp_path: Path) -> None:
    for number, product in enumerate(("0001", "0002", "0002"), 1):
        device = tmp_path / f"1-{number}"
        device.mkdir()
        facts = {"busnum": "1", "devnum": str(number), "idVendor": "1d6b", "idProduct": product}
        for name, text in facts.items():
            (device / name).write_text(f"{text}\n")
    assert find_usb(UsbRequest(alias="a", vendor=0x1D6B, product=1), tmp_path) == UsbPlace(1, 1)
    with pytest.raises(HypervisorFailed, match="several"):
        find_usb(UsbRequest(alias="a", vendor=0x1D6B, product=2), tmp_path)
    missing = UsbRequest(alias="a", vendor=1, product=2, optional=True)
    assert find_usb(missing, tmp_path) is None


def test_scsi_devices_are_found_by_their_place(tmp_path: Path) -> None:
    (tmp_path / "0:0:4:1/scsi_generic/sg3").mkdir(parents=True)
    request = ScsiRequest(alias="a", adapter="scsi_host0", bus=0, target=4, unit=1)
    assert find_scsi(request, tmp_path) == "/dev/sg3"
    with pytest.raises(HypervisorFailed, match="0:0:4:1"):
        find_scsi(request, tmp_path / "other")


def test_variables_are_made_once(tmp_path: Path) -> None:
    template, path = tmp_path / "template", tmp_path / "guest.fd"
    template.write_bytes(b"new")
    assert make_variables(str(path), str(template))
    path.write_bytes(b"used")
    assert not make_variables(str(path), str(template))
    assert path.read_bytes() == b"used"
    with pytest.raises(HypervisorFailed):
        make_variables(str(tmp_path / "other.fd"), str(tmp_path / "none"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["guest.fd", "template"]
