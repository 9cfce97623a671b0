"""The host's processor in libvirt's tests: what 'host-model' is to guests."""

from __future__ import annotations

import re
from pathlib import Path

from lxml import etree

from virtbus_qemu.translate.capabilities import HostCpu

_POLICIES = {"require": True, "disable": False}


def default_host_cpus(tests: Path, recording: str) -> dict[str, HostCpu]:
    """By the type of the domain: as libvirt's domain capabilities of that recording tell it.

    `recording` names emulator and architecture, such as "10.0.0_x86_64+amdsev".
    """
    version, _, arch = recording.partition("_")
    if arch.startswith("ppc64"):
        return {"kvm": named_host_cpu(tests, "QEMU_CPU_DEF_POWER8")}
    found = {}
    for kind, suffix in (("kvm", ""), ("qemu", "-tcg")):
        file = tests / "domaincapsdata" / f"qemu_{version}{suffix}.{arch}.xml"
        mode = _host_model(file) if file.exists() else None
        if mode is not None:
            found[kind] = mode
    return found


def _host_model(file: Path) -> HostCpu | None:
    mode = etree.parse(file).find("./cpu/mode[@name='host-model']")
    if mode is None or not mode.findtext("model"):
        return None
    features = {
        feature.get("name", ""): _POLICIES[feature.get("policy", "")]
        for feature in mode.findall("feature")
    }
    return HostCpu(model=str(mode.findtext("model")), features=features)


def named_host_cpu(tests: Path, name: str) -> HostCpu:
    """A processor that the tests declare, such as QEMU_CPU_DEF_HASWELL."""
    text = (tests / "testutilshostcpus.h").read_text()
    stem = "cpu" + name.removeprefix("QEMU_CPU_DEF_").capitalize()
    model = re.search(stem + r'Data = {.*?\.model = \(char \*\) "([^"]*)"', text, re.DOTALL)
    if model is None:
        raise LookupError(f"no processor {name}")
    features = re.search(stem + r"Features\[\] = {(.*?)\n};", text, re.DOTALL)
    names = re.findall(r'"([^"]*)"', features[1]) if features else []
    return HostCpu(model=model[1], features=dict.fromkeys(names, True))
