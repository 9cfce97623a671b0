"""What a host says of all its guests' screens, in the agent's settings."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.unit.qemu.translate_caps import CAPS, RUNTIME, started
from tests.unit.qemu.translate_documents import guest
from virtbus.agent.settings import load_settings
from virtbus.errors import InvalidArgument
from virtbus.model.domain import apply_defaults, parse_domain
from virtbus_qemu.driver.settings import QemuSettings
from virtbus_qemu.link.hostdevices import render_node
from virtbus_qemu.translate import CommandLine
from virtbus_qemu.translate.runtime import ScreenSettings

SPICE_CAPS = msgspec.structs.replace(CAPS, features=CAPS.features | {"spice"})


def line_of(graphics: str, screens: ScreenSettings) -> CommandLine:
    domain = parse_domain(guest(graphics))
    apply_defaults(domain, uuid="", macs=iter(()))
    return started(domain, SPICE_CAPS, msgspec.structs.replace(RUNTIME, screens=screens))


@pytest.mark.parametrize(
    "graphics, option, word",
    [
        ("<graphics type='vnc'/>", "-vnc", "password=on"),
        ("<graphics type='spice' port='5901' autoport='no'/>", "-spice", "disable-ticketing=on"),
    ],
)
def test_the_password_of_a_host_is_told_over_the_monitor(
    graphics: str, option: str, word: str
) -> None:
    without = line_of(graphics, ScreenSettings())
    protected = line_of(graphics, ScreenSettings(vnc_password="v", spice_password="s"))
    words = [line.argv[line.argv.index(option) + 1].split(",") for line in (without, protected)]
    assert [word in each for each in words] == (
        [False, True] if option == "-vnc" else [True, False]
    )
    told = [each.arguments for each in protected.setup if each.name == "set_password"]
    assert told == [{"protocol": option[1:], "password": option[1]}]
    assert not any(each.name == "set_password" for each in without.setup)


def test_settings_have_a_table_of_screens(tmp_path: Path) -> None:
    file = tmp_path / "qemu-agent.toml"
    file.write_text('[screens]\nvnc_listen = "::1"\n', encoding="utf-8")
    found = load_settings(QemuSettings, "qemu", file, {})
    assert found.screens == ScreenSettings(vnc_listen="::1")
    file.write_text("[screens]\nvnc_color = 1\n", encoding="utf-8")
    with pytest.raises(InvalidArgument, match="vnc_color"):
        load_settings(QemuSettings, "qemu", file, {})


def test_the_first_render_node_draws(tmp_path: Path) -> None:
    assert render_node(tmp_path) == ""
    for name in ("card0", "renderD129", "renderD128"):
        (tmp_path / name).touch()
    assert render_node(tmp_path) == str(tmp_path / "renderD128")
