"""Where devices are put, on buses of machines that any hypervisor may have."""

from __future__ import annotations

import pytest

from virtbus.errors import InvalidDocument
from virtbus.model.domain import Domain, apply_defaults, parse_domain, settle_devices
from virtbus.model.domain.addresses.ccw import assign_ccw
from virtbus.model.domain.addresses.pci import PciMachine, assign_pci
from virtbus.model.domain.addresses.pci_bus import CONVENTIONAL, EXPRESS, NONE, UPSTREAM, Connect
from virtbus.model.domain.addresses.pci_set import PciTraits
from virtbus.model.domain.addresses.placed import Placed
from virtbus.model.domain.addresses.spapr import assign_spapr_vio
from virtbus.model.domain.addresses.usb import assign_usb
from virtbus.model.domain.addresses.virtio_serial import assign_virtio_serial
from virtbus.model.domain.devices.address import (
    CcwAddress,
    PciAddress,
    SpaprVioAddress,
    UsbAddress,
    VirtioSerialAddress,
)
from virtbus.model.domain.devices.controller import Controller
from virtbus.model.domain.devices.small import Hub

NIC = "<interface type='user'>{}</interface>"
PLACE = "<address type='pci' bus='{}' slot='{}' function='{}'/>"
MOUSE = "<input type='mouse' bus='usb'>{}</input>"


def guest(devices: str) -> Domain:
    domain = parse_domain(
        "<domain type='kvm'><name>g</name><memory>1</memory><os><type>hvm</type></os>"
        f"<devices>{devices}</devices></domain>"
    )
    macs = iter([f"52:54:00:00:00:{number:02x}" for number in range(200)])
    apply_defaults(domain, uuid="00000000-0000-0000-0000-000000000001", macs=macs)
    settle_devices(domain)
    return domain


def pci(native: Connect, *, pcie_to_pci_bridge: bool = True) -> PciMachine:
    """A machine of which nothing is built in, whose interfaces are `native` devices."""

    def connect(placed: Placed) -> Connect:
        if isinstance(placed.device, Controller):
            return UPSTREAM.get(placed.device.model or "", NONE)
        return native if placed.kind == "interface" else NONE

    return PciMachine(
        has_pci=True,
        traits=PciTraits(pcie_to_pci_bridge=pcie_to_pci_bridge),
        connect=connect,
        chipset=lambda devices, buses: None,
        is_built_in=lambda placed: False,
        group=lambda placed: 0,
    )


def places(domain: Domain) -> list[str]:
    """Where the interfaces sit."""
    found = [nic.address for nic in domain.devices.interfaces]
    return [str(at.place) if isinstance(at, PciAddress) else "-" for at in found]


def models(domain: Domain) -> list[str | None]:
    return [c.model for c in domain.devices.controllers if c.type == "pci"]


ROOT = "<controller type='pci' index='0' model='pci-root'/>"
EXPRESS_ROOT = "<controller type='pci' index='0' model='pcie-root'/>"


def test_devices_of_conventional_pci_fill_the_bus_then_a_bridge() -> None:
    domain = guest(ROOT + NIC.format("") * 32)
    assign_pci(domain.devices, pci(CONVENTIONAL))
    assert models(domain) == ["pci-root", "pci-bridge"]
    assert places(domain)[:2] == ["0000:00:02.0", "0000:00:03.0"]
    assert places(domain)[-2:] == ["0000:01:01.0", "0000:01:02.0"]


def test_devices_of_pci_express_have_a_port_each_and_one_is_spare() -> None:
    domain = guest(EXPRESS_ROOT + NIC.format("") * 2)
    assign_pci(domain.devices, pci(EXPRESS))
    assert models(domain) == ["pcie-root", *["pcie-root-port"] * 3]
    assert places(domain) == ["0000:01:00.0", "0000:02:00.0"]
    ports = [c.address for c in domain.devices.controllers if c.model == "pcie-root-port"]
    assert [(p.slot, p.function, p.multifunction) for p in ports if isinstance(p, PciAddress)] == [
        (1, 0, True),
        (1, 1, None),
        (1, 2, None),
    ]


@pytest.mark.parametrize(
    "bridged, expected",
    [
        (True, ["pcie-root-port", "pcie-to-pci-bridge", "pcie-root-port"]),
        (False, ["dmi-to-pci-bridge", "pci-bridge", "pcie-root-port"]),
    ],
)
def test_conventional_devices_of_pci_express_have_a_bridge(
    bridged: bool, expected: list[str]
) -> None:
    domain = guest(EXPRESS_ROOT + NIC.format(""))
    assign_pci(domain.devices, pci(CONVENTIONAL, pcie_to_pci_bridge=bridged))
    assert models(domain) == ["pcie-root", *expected]
    assert places(domain) == ["0000:02:01.0"]


def test_places_that_are_given_stay_and_a_second_run_changes_nothing() -> None:
    domain = guest(ROOT + NIC.format("") + NIC.format(PLACE.format(0, 1, 0)))
    for _ in range(2):
        assign_pci(domain.devices, pci(CONVENTIONAL))
        assert places(domain) == ["0000:00:02.0", "0000:00:01.0"]


@pytest.mark.parametrize(
    "place, words",
    [
        (PLACE.format(0, 1, 0) + "</interface><interface type='user'>" + PLACE.format(0, 1, 0),
         "more than once"),
        (PLACE.format(1, 0, 0), "slots are 1 to 31"),
        ("<address type='pci' domain='1' bus='0' slot='1'/>", "domain 0 only"),
    ],
)  # fmt: skip
def test_places_that_cannot_be_had_are_refused(place: str, words: str) -> None:
    domain = guest(ROOT + NIC.format(place))
    with pytest.raises(InvalidDocument, match=words):
        assign_pci(domain.devices, pci(CONVENTIONAL))


def is_input(placed: Placed) -> bool:
    return placed.kind == "input"


def usb(domain: Domain) -> list[str | None]:
    assign_usb(domain.devices, is_input, lambda devices: devices.hubs.append(Hub(type="usb")))
    found = [device.address for device in domain.devices.inputs]
    return [at.port if isinstance(at, UsbAddress) else None for at in found]


def test_usb_devices_beyond_the_ports_have_a_hub() -> None:
    controller = "<controller type='usb' index='0' model='piix3-uhci'/>"
    assert usb(guest(controller + MOUSE.format("") * 2)) == ["1", "2"]
    domain = guest(controller + MOUSE.format("") * 3)
    assert usb(domain) == ["2", "1.1", "1.2"]
    assert len(domain.devices.hubs) == 1


@pytest.mark.parametrize(
    "devices, words",
    [
        ("<controller type='usb' model='none'/>" + MOUSE.format(""), "disabled"),
        ("<controller type='usb' model='ehci'/>" + MOUSE.format("<address type='usb' port='7'/>"),
         "no port 7"),
        ("<controller type='usb' model='ehci'/>"
         + MOUSE.format("<address type='usb' port='1'/>") * 2, "taken already"),
    ],
)  # fmt: skip
def test_usb_ports_that_cannot_be_had_are_refused(devices: str, words: str) -> None:
    with pytest.raises(InvalidDocument, match=words):
        usb(guest(devices))


def test_channels_leave_port_0_to_consoles() -> None:
    channel = "<channel type='pty'><target type='virtio'/>{}</channel>"
    taken = "<address type='virtio-serial' controller='0' bus='0' port='2'/>"
    domain = guest(channel.format("") + channel.format(taken) + channel.format(""))
    assign_virtio_serial(domain.devices)
    ports = [c.address.port for c in domain.devices.channels
             if isinstance(c.address, VirtioSerialAddress)]  # fmt: skip
    assert ports == [1, 2, 3]
    assert [c.type for c in domain.devices.controllers] == ["virtio-serial"]


def test_numbers_of_channel_devices_and_registers_are_the_lowest_that_are_free() -> None:
    given = "<address type='ccw' cssid='0xfe' ssid='0' devno='0'/>"
    domain = guest(NIC.format("") + NIC.format(given))
    domain.devices.interfaces[0].address = CcwAddress()
    assign_ccw(domain.devices)
    first = domain.devices.interfaces[0].address
    assert isinstance(first, CcwAddress)
    assert first.devno == 1
    domain = guest(NIC.format("<address type='spapr-vio' reg='0x1000'/>") + NIC.format(""))
    assign_spapr_vio(domain.devices, lambda placed: placed.kind == "interface")
    second = domain.devices.interfaces[1].address
    assert isinstance(second, SpaprVioAddress)
    assert second.reg == 0x2000


def test_controllers_have_libvirts_order_and_indexes() -> None:
    domain = guest(
        "<controller type='usb' index='1' model='ehci'/><controller type='ide'/>"
        "<controller type='usb' model='ich9-ehci1'/><controller type='usb' model='ich9-uhci1'/>"
        "<disk type='file' device='disk'><source file='/a'/><target dev='sdh' bus='scsi'/></disk>"
    )
    assert [(c.type, c.index, c.model) for c in domain.devices.controllers] == [
        ("usb", 0, "ich9-ehci1"),
        ("usb", 0, "ich9-uhci1"),
        ("usb", 1, "ehci"),
        ("ide", 0, None),
        ("scsi", 0, None),
        ("scsi", 1, None),
    ]
