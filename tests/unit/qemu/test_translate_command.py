"""Documents and the command lines they become, per family of devices (data/translate.args)."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from tests.unit.qemu.translate_caps import CAPS, RUNTIME, started
from tests.unit.qemu.translate_documents import ACCEPTED, NIC, disk, guest
from virtbus.model.domain import Domain, apply_defaults, format_domain, parse_domain
from virtbus.model.domain.devices.graphics import VncGraphics
from virtbus_qemu.translate import (
    CommandLine,
    RuntimePaths,
    TapRequest,
    complete,
    prepare,
    set_ptys,
    set_vnc_port,
)

GOLDEN = Path(__file__).parent / "data" / "translate.args"


def golden() -> dict[str, list[str]]:
    """Command lines by the guest's name: one option with its value a line."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            name = line[2:]
            found[name] = []
        elif line:
            found[name].append(line)
    return found


def domain_of(text: str) -> Domain:
    domain = parse_domain(text.replace("{dir}", "/d"))
    apply_defaults(domain, uuid="", macs=iter(["52:54:00:00:00:01"] * 9))
    return domain


def line_of(text: str, runtime: RuntimePaths = RUNTIME) -> CommandLine:
    return started(domain_of(text), runtime=runtime)


def written(line: CommandLine) -> list[str]:
    """As golden(): each option and its value."""
    lines: list[str] = []
    for word in line.argv:
        if word.startswith("-") or not lines:
            lines.append(word)
        else:
            lines[-1] += f" {word}"
    return lines


def values(line: CommandLine, option: str) -> list[str]:
    return [v for o, v in zip(line.argv, line.argv[1:], strict=False) if o == option]


def test_golden_lines_are_of_all_families() -> None:
    assert sorted(golden()) == sorted(ACCEPTED)


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_document_becomes_its_command_line(name: str) -> None:
    assert written(line_of(ACCEPTED[name])) == golden()[name]


def test_the_document_is_not_changed() -> None:
    for text in ACCEPTED.values():
        domain = domain_of(text)
        before = copy.deepcopy(domain)
        started(domain)
        assert domain == before


def test_set_up_commands_say_what_no_option_can() -> None:
    assert [c.name for c in line_of(ACCEPTED["balloon"]).setup] == ["balloon", "qom-set"]
    (link,) = line_of(ACCEPTED["nic-q35"]).setup
    assert (link.name, link.arguments) == ("set_link", {"name": "net1", "up": False})


def test_a_password_is_not_on_the_command_line() -> None:
    line = line_of(ACCEPTED["vnc-password"])
    assert "sesame" not in " ".join(line.argv)
    assert [c.arguments["password"] for c in line.setup] == ["sesame"]


def test_kvm_is_used_as_asked() -> None:
    text = ACCEPTED["cpu-maximum"].replace("type='qemu'", "type='kvm'", 1)
    assert values(line_of(text), "-accel") == ["kvm"]
    text = text.replace("mode='maximum'", "mode='host-passthrough' migratable='off'")
    assert values(line_of(text), "-cpu") == ["host,migratable=off"]


def test_enlightenments_are_features_of_the_cpu() -> None:
    text = guest(
        inside="<features><acpi/><hyperv><relaxed state='on'/><vapic state='off'/>"
        "<spinlocks state='on' retries='8191'/><vendor_id state='on' value='KVM Hv'/></hyperv>"
        "<kvm><hidden state='on'/></kvm></features><clock offset='localtime'>"
        "<timer name='hypervclock' present='yes'/></clock>"
    ).replace("type='qemu'", "type='kvm'", 1)
    (cpu,) = values(line_of(text), "-cpu")
    assert cpu == "qemu64,hv-time=on,hv-relaxed=on,hv-spinlocks=0x1fff,hv-vendor-id=KVM Hv,kvm=off"


def test_taps_are_asked_for_and_passed_by_number() -> None:
    text = guest(
        "<interface type='bridge'><source bridge='br0'/><target dev='tap3'/>"
        "<model type='virtio'/><driver queues='2'/><mtu size='1400'/></interface>"
        "<interface type='ethernet'/>"
    )
    needs = prepare(domain_of(text), CAPS, "/run/g").needs
    assert list(needs.taps) == [
        TapRequest(alias="net0", name="tap3", bridge="br0", mtu_bytes=1400, queues=2),
        TapRequest(alias="net1", name="", bridge="", mtu_bytes=0, queues=1),
    ]
    runtime = RuntimePaths(
        monitor_fd=5, directory="/run/g", tap_fds={"net0": (8, 9), "net1": (10,)}
    )
    line = line_of(text, runtime)
    assert line.fds == (5, 8, 9, 10)
    assert [json.loads(v) for v in values(line, "-netdev")] == [
        {"type": "tap", "fds": "8:9", "id": "hostnet0"},
        {"type": "tap", "fd": "10", "id": "hostnet1"},
    ]
    (card,) = [json.loads(v) for v in values(line, "-device") if '"net0"' in v]
    assert (card["mq"], card["vectors"], card["host_mtu"]) == (True, 6, 1400)


def test_what_qemu_chose_is_written_into_the_live_document() -> None:
    line = line_of(
        guest(
            "<serial type='pty'/><channel type='pty'><target type='virtio' name='a'/></channel>"
            "<graphics type='vnc' autoport='yes'/>"
        )
    )
    set_ptys(
        line.domain,
        [
            {"label": "charserial0", "filename": "pty:/dev/pts/4", "frontend-open": True},
            {"label": "charchannel0", "filename": "pty:/dev/pts/5"},
            {"label": "charmonitor", "filename": "unix:/x"},
        ],
    )
    set_vnc_port(line.domain, {"enabled": True, "service": "5903", "host": "127.0.0.1"})
    devices = line.domain.devices
    assert devices.serials[0].source and devices.serials[0].source.path == "/dev/pts/4"
    assert devices.consoles[0].tty == "/dev/pts/4"
    assert devices.channels[0].source and devices.channels[0].source.path == "/dev/pts/5"
    screen = devices.graphics[0]
    assert isinstance(screen, VncGraphics) and screen.port == 5903
    definition = format_domain(line.domain, inactive=True)
    assert "/dev/pts" not in definition and "5903" not in definition


def test_a_completed_document_stays_as_it_is() -> None:
    for text in ACCEPTED.values():
        domain = domain_of(text)
        complete(domain, CAPS)
        once = format_domain(domain)
        complete(domain, CAPS)
        assert format_domain(domain) == once


def test_a_device_added_later_moves_no_other() -> None:
    for machine in ("pc", "q35"):
        domain = domain_of(guest(NIC.format("<model type='virtio'/>"), machine=machine))
        complete(domain, CAPS)
        before = format_domain(domain).splitlines()
        added = parse_domain(guest("<rng model='virtio'><backend model='builtin'/></rng>"))
        domain.devices.rngs += added.devices.rngs
        complete(domain, CAPS)
        after = format_domain(domain).splitlines()
        places = [line for line in before if "<address" in line]
        assert places and all(line in after for line in places)


def test_disks_of_one_bus_are_in_the_order_of_their_names() -> None:
    names = ("vdb", "sdb", "vdaa", "vda", "sda")
    text = guest("".join(disk(name, "virtio" if name[0] == "v" else "scsi") for name in names))
    domain = domain_of(text)
    complete(domain, CAPS)
    order = [item.target.dev for item in domain.devices.disks]
    assert [name for name in order if name[0] == "v"] == ["vda", "vdb", "vdaa"]
    assert [name for name in order if name[0] == "s"] == ["sda", "sdb"]
