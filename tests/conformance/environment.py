"""What a case's host is like: libvirt's tests fix it, and our functions get the same facts."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import msgspec

from virtbus_qemu.link.firmware import read_firmware
from virtbus_qemu.translate import GicVersion, HostFirmware, QemuCapabilities

from .cases import Case, qemu_name
from .host_cpu import default_host_cpus, named_host_cpu
from .replies import Replies, capabilities_of, find_recording

NOW_S = 1234567890
TIME_ZONE = "VIR00:30"
UUID = "00010203-0405-4607-8809-0a0b0c0d0e0f"
ARCHITECTURE = "x86_64"
MAC = "52:54:00:00:00:00"

_GONE_WITH_FLAG = {
    "QEMU_CAPS_NEC_USB_XHCI": "nec-usb-xhci",
    "QEMU_CAPS_DEVICE_QEMU_XHCI": "qemu-xhci",
    "QEMU_CAPS_PIIX3_USB_UHCI": "piix3-usb-uhci",
    "QEMU_CAPS_PCI_OHCI": "pci-ohci",
    "QEMU_CAPS_ICH9_USB_EHCI1": "ich9-usb-ehci1",
}
"""The device that libvirt's capability stands for."""

_THERE_WITH_FLAG = {
    "QEMU_CAPS_SEV_GUEST": "object-sev-guest",
    "QEMU_CAPS_SEV_SNP_GUEST": "object-sev-snp-guest",
}
"""The feature that libvirt's capability stands for."""

_SAID_ELSEWHERE = ("ARG_CAPS_ARCH", "ARG_CAPS_VER", "ARG_CAPS_VARIANT", "ARG_FLAGS")
_ONLY_AT_START = ("ARG_NBDKIT_CAPS", "ARG_MIGRATE_FROM", "ARG_MIGRATE_FD", "ARG_FD_GROUP")
_FLAGS_ONLY_AT_START = {"FLAG_SLIRP_HELPER"}
"""What the documents do not depend on."""

_FLAGS_SAID_ELSEWHERE = {
    "FLAG_EXPECT_FAILURE",
    "FLAG_EXPECT_PARSE_ERROR",
    "FLAG_ALLOW_DUPLICATE_OUTPUT",
    "FLAG_ALLOW_MISSING_INPUT",
}


class NotExpressed(Exception):
    """The case wants something of its host that our functions have no input for; its name."""


@dataclass(frozen=True)
class Environment:
    """The facts of one case's host."""

    caps: QemuCapabilities
    firmware: HostFirmware
    abi_update: bool = False  # a new definition, rather than one that was kept
    now_s: int = NOW_S
    settings: Mapping[str, str] = field(default_factory=dict)  # of libvirt's driver
    vdpa_fds: Mapping[str, int] = field(default_factory=dict)  # open devices by path
    untold: tuple[str, ...] = ()  # what starting our guests has no input for


def generated_macs() -> Iterator[str]:
    """What libvirt's fixed random numbers make of each MAC address."""
    return itertools.repeat(MAC)


def environment_of(case: Case, tests: Path) -> Environment:
    """The host that `case` is about; raises NotExpressed."""
    name = qemu_name(case)
    caps = _capabilities(tests, name.arch, name.version, name.variant)
    environment = Environment(
        caps=caps,
        firmware=firmware_of(tests),
        abi_update=name.abi_update,
        settings=dict(case.settings),
    )
    for argument, values in arguments(case.context):
        environment = with_argument(environment, argument, values, tests)
    return environment


@cache
def firmware_of(tests: Path) -> HostFirmware:
    """The firmware that libvirt's tests have in the folders of the host, and of a user."""
    data = tests / "qemufirmwaredata"
    folders = ("usr/share/qemu/firmware", "etc/qemu/firmware", "home/user/.config/qemu/firmware")
    return HostFirmware(
        known=read_firmware([data / folder for folder in folders])[0],
        nvram_directory="/var/lib/libvirt/qemu/nvram",
    )


@cache
def _capabilities(tests: Path, arch: str, version: str, variant: str) -> QemuCapabilities:
    recording = find_recording(tests / "qemucapabilitiesdata", arch, version, variant)
    caps = capabilities_of(Replies(recording.read_bytes()), arch)
    cpus = default_host_cpus(tests, recording.stem.removeprefix("caps_"))
    caps = msgspec.structs.replace(caps, hvf_usable="hvf" in variant, host_cpus=cpus)
    return with_stable_names(caps) if version == "latest" else caps


def with_stable_names(caps: QemuCapabilities) -> QemuCapabilities:
    """Machines by their short names, as libvirt's tests have them for its newest recordings.

    Each machine with a short name is there twice: under the short name, and under the full
    one; only the former may be the default.
    """
    machines = []
    for machine in caps.machines:
        if machine.alias:
            machines.append(msgspec.structs.replace(machine, name=machine.alias, alias=""))
            machine = msgspec.structs.replace(machine, alias="", default=False)
        machines.append(machine)
    return msgspec.structs.replace(caps, machines=tuple(machines))


def arguments(context: str) -> Iterator[tuple[str, list[str]]]:
    """The arguments of a case's context: names with the values that follow them."""
    name, values = "", list[str]()
    for word in re.split(r"[,\s]+", context):
        if word.startswith("ARG_"):
            if name:
                yield name, values
            name, values = word, []
        elif word.startswith("gic="):
            name, values = "ARG_GIC", [word.removeprefix("gic=")]
        elif word.startswith("QEMU_NBDKIT_CAPS") and not name:
            name, values = "ARG_NBDKIT_CAPS", [word]
        elif word.startswith("QEMU_CPU_DEF") and not name:
            name, values = "ARG_CAPS_HOST_CPU_MODEL", [word]
        elif word not in ("", "|", "QEMU_CAPS_LAST"):
            values.append(word)
    if name:
        yield name, values


def with_argument(
    environment: Environment, argument: str, values: list[str], tests: Path
) -> Environment:
    """The host with what one argument of a case's context says; raises NotExpressed."""
    if argument == "ARG_FLAGS":
        flags = set(values) - _FLAGS_SAID_ELSEWHERE
        if flags - _FLAGS_ONLY_AT_START:
            raise NotExpressed(" ".join(sorted(flags)))
        return replace(environment, untold=(*environment.untold, *sorted(flags)))
    if argument in _ONLY_AT_START:
        return replace(environment, untold=(*environment.untold, argument))
    if argument in _SAID_ELSEWHERE:
        return environment
    if argument == "ARG_QEMU_CAPS_DEL":
        return replace(environment, caps=_without(environment.caps, values))
    if argument == "ARG_CAPS_HOST_CPU_MODEL":
        cpus = dict.fromkeys(("kvm", "qemu"), named_host_cpu(tests, values[0]))
        return replace(environment, caps=msgspec.structs.replace(environment.caps, host_cpus=cpus))
    if argument == "ARG_GIC":
        return replace(environment, caps=_with_gic(environment.caps, values[0]))
    if argument == "ARG_VDPA_FD" and len(values) == 2:
        path, fd = values[0].strip('"'), int(values[1])
        return replace(environment, vdpa_fds={**environment.vdpa_fds, path: fd})
    if argument == "ARG_QEMU_CAPS" and set(values) <= _THERE_WITH_FLAG.keys():
        more = environment.caps.features | {_THERE_WITH_FLAG[flag] for flag in values}
        return replace(environment, caps=msgspec.structs.replace(environment.caps, features=more))
    if argument == "ARG_QEMU_CAPS":
        raise NotExpressed(" ".join((argument, *values)))
    raise NotExpressed(argument)


def _with_gic(caps: QemuCapabilities, which: str) -> QemuCapabilities:
    """Interrupt controllers by both the kernel and QEMU; GIC_NONE is what was recorded."""
    versions = {"GIC_NONE": (), "GIC_V2": (2,), "GIC_V3": (3,), "GIC_BOTH": (2, 3)}[which]
    gic = tuple(GicVersion(version=version, emulated=True, kernel=True) for version in versions)
    return msgspec.structs.replace(caps, gic=gic) if gic else caps


def _without(caps: QemuCapabilities, flags: list[str]) -> QemuCapabilities:
    for flag in flags:
        if flag == "QEMU_CAPS_KVM":
            caps = msgspec.structs.replace(caps, kvm_usable=False)
        elif flag in _GONE_WITH_FLAG:
            caps = msgspec.structs.replace(caps, devices=caps.devices - {_GONE_WITH_FLAG[flag]})
        else:
            raise NotExpressed(f"ARG_QEMU_CAPS_DEL {flag}")
    return caps
