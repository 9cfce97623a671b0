"""Which firmware of the host a guest gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.qemu.test_translate_command import domain_of
from tests.unit.qemu.translate_caps import CAPS
from virtbus.errors import Unsupported
from virtbus_qemu.link.firmware import read_firmware
from virtbus_qemu.translate import HostFirmware, complete
from virtbus_qemu.translate.firmware import FlashMapping, parse_firmware


def _descriptor(name: str, *features: str, kind: str = "raw") -> bytes:
    file = {"filename": f"/fw/{name}.fd", "format": kind}
    template = {"filename": f"/fw/{name}.vars", "format": kind}
    flash = {"device": "flash", "executable": file, "nvram-template": template}
    return json.dumps(
        {
            "interface-types": ["uefi"],
            "mapping": flash,
            "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}],
            "features": list(features),
        }
    ).encode()


SECURE = _descriptor("secure", "secure-boot", "requires-smm", "enrolled-keys")
PLAIN = _descriptor("plain", "acpi-s3")
FIRMWARE = HostFirmware(
    known=(parse_firmware(SECURE), parse_firmware(PLAIN)), nvram_directory="/nvram"
)


def _os(inside: str, machine: str = "q35") -> str:
    return (
        "<domain type='qemu'><name>g</name><memory>65536</memory>"
        f"<os {inside.partition('|')[0]}><type arch='x86_64' machine='{machine}'>hvm</type>"
        f"{inside.partition('|')[2]}</os><features><acpi/></features></domain>"
    )


def test_later_folders_replace_and_hide_files(tmp_path: Path) -> None:
    """By name; what is no descriptor is passed over, and told."""
    files = (
        {"10.json": SECURE, "20.json": PLAIN, "30.json": PLAIN},
        {"10.json": b"", "20.json": SECURE, "40.json": b'{"mapping": 1}', "05.json": b"\xff"},
    )
    for number, folder in enumerate(files):
        (tmp_path / str(number)).mkdir()
        for name, content in folder.items():
            (tmp_path / str(number) / name).write_bytes(content)
    found, problems = read_firmware([tmp_path / "0", tmp_path / "1", tmp_path / "2"])
    assert len(problems) == 2
    paths = [
        firmware.mapping.executable.filename
        for firmware in found
        if isinstance(firmware.mapping, FlashMapping)
    ]
    assert paths == ["/fw/secure.fd", "/fw/plain.fd"]


@pytest.mark.parametrize(
    "inside, code",
    [
        ("firmware='efi'|", "/fw/secure.fd"),
        (
            "firmware='efi'|<firmware><feature enabled='no' name='secure-boot'/></firmware>",
            "/fw/plain.fd",
        ),
        ("firmware='efi'|<loader secure='no'/>", "/fw/plain.fd"),
        ("|<loader type='pflash' readonly='yes'>/fw/plain.fd</loader>", "/fw/plain.fd"),
    ],
)
def test_the_first_that_fits_is_taken(inside: str, code: str) -> None:
    """With its template, a file for the variables, and what it needs of the machine."""
    domain = domain_of(_os(inside))
    complete(domain, CAPS, new=True, firmware=FIRMWARE)
    boot = domain.os
    assert boot.loader is not None
    assert boot.nvram is not None
    assert boot.firmware == "efi"
    assert boot.loader.path == code
    assert boot.nvram.template == code.replace(".fd", ".vars")
    assert boot.nvram.path == "/nvram/g_VARS.fd"
    smm = domain.features.smm if domain.features else None
    assert bool(smm and smm.state) == ("secure" in code)


def test_what_no_firmware_can_do_is_refused_when_it_is_new() -> None:
    """A guest that was kept before stays defined, and is refused when it starts."""
    text = _os("firmware='efi'|", machine="pc")
    with pytest.raises(Unsupported, match="firmware 'efi'"):
        complete(domain_of(text), CAPS, new=True, firmware=FIRMWARE)
    kept = domain_of(text)
    complete(kept, CAPS, firmware=FIRMWARE)
    with pytest.raises(Unsupported, match="firmware 'efi'"):
        complete(kept, CAPS, starting=True, firmware=FIRMWARE)
