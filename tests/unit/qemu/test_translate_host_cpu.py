"""Processors that are told by the host's."""

from __future__ import annotations

import msgspec
import pytest

from tests.unit.qemu.test_translate_command import domain_of
from tests.unit.qemu.translate_caps import CAPS
from tests.unit.qemu.translate_documents import guest
from virtbus.errors import Unsupported
from virtbus_qemu.translate import prepare
from virtbus_qemu.translate.capabilities import HostCpu, QemuCapabilities

HOST = HostCpu(model="qemu64", features={"vmx": True, "invtsc": True, "cmt": True, "mpx": False})
KNOWN = msgspec.structs.replace(CAPS, host_cpus={"qemu": HOST})


def _features(cpu: str, caps: QemuCapabilities) -> dict[str, str | None]:
    live = prepare(domain_of(guest(inside=cpu)), caps, "/run/g").domain.cpu
    assert live is not None
    return {feature.name: feature.policy for feature in live.feature}


@pytest.mark.parametrize(
    "cpu, features",
    [
        ("<cpu mode='host-model'/>", {"vmx": "require", "mpx": "disable"}),
        (
            "<cpu mode='host-model'><feature policy='disable' name='vmx'/></cpu>",
            {"vmx": "disable", "mpx": "disable"},
        ),
        ("<cpu match='minimum'><model>qemu64</model></cpu>", {"vmx": "require", "mpx": "disable"}),
        (
            "<cpu match='strict'><model>qemu64</model></cpu>",
            {"vmx": "disable", "invtsc": "disable"},
        ),
        (
            (
                "<cpu match='exact'><model>qemu64</model><feature policy='optional' name='vmx'/>"
                "<feature policy='optional' name='ht'/><feature name='osxsave'/></cpu>"
            ),
            {"vmx": "require"},
        ),
    ],
)
def test_the_features_of_the_host(cpu: str, features: dict[str, str]) -> None:
    """Its model and what goes with it; what the document says goes before."""
    assert _features(cpu, KNOWN) == features


def test_a_host_that_is_not_known() -> None:
    """Then the emulator's own word for the host stands, and no comparison can be made."""
    assert _features("<cpu mode='host-model'/>", CAPS) == {}
    with pytest.raises(Unsupported, match="strict"):
        _features("<cpu match='strict'><model>kvm64</model></cpu>", KNOWN)
