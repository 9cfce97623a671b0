"""What a QEMU 7.2 for x86_64 can do, as far as the tests of the translation ask for it."""

from virtbus.model.domain import Domain
from virtbus_qemu.translate import (
    CommandLine,
    CpuDefinition,
    MachineType,
    QemuCapabilities,
    RuntimePaths,
    prepare,
    translate,
)

DEVICES = frozenset(
    {
        "VGA",
        "am53c974",
        "i8042",
        "bochs-display",
        "cirrus-vga",
        "dc390",
        "e1000",
        "e1000e",
        "floppy",
        "i6300esb",
        "i82801b11-bridge",
        "ib700",
        "ich9-ahci",
        "ich9-usb-ehci1",
        "ich9-usb-uhci1",
        "ich9-usb-uhci2",
        "ich9-usb-uhci3",
        "ide-cd",
        "ide-hd",
        "igb",
        "ioh3420",
        "isa-serial",
        "lsi53c895a",
        "megasas",
        "mptsas1068",
        "ne2k_pci",
        "nec-usb-xhci",
        "pci-bridge",
        "pci-ohci",
        "pcie-pci-bridge",
        "pcie-root-port",
        "pcnet",
        "piix3-usb-uhci",
        "piix4-usb-uhci",
        "pvscsi",
        "pxb",
        "pxb-pcie",
        "qemu-xhci",
        "qxl",
        "qxl-vga",
        "ramfb",
        "rtl8139",
        "scsi-block",
        "scsi-cd",
        "scsi-hd",
        "usb-ccid",
        "usb-ehci",
        "usb-hub",
        "usb-kbd",
        "usb-mouse",
        "usb-storage",
        "usb-tablet",
        "virtio-balloon-pci",
        "virtio-balloon-pci-transitional",
        "virtio-balloon-pci-non-transitional",
        "virtio-blk-pci",
        "virtio-blk-pci-non-transitional",
        "virtio-blk-pci-transitional",
        "virtio-gpu-pci",
        "virtio-keyboard-pci",
        "virtio-mouse-pci",
        "virtio-net-pci",
        "virtio-net-pci-non-transitional",
        "virtio-net-pci-transitional",
        "virtio-rng-pci",
        "virtio-rng-pci-non-transitional",
        "virtio-rng-pci-transitional",
        "virtio-scsi-pci",
        "virtio-scsi-pci-non-transitional",
        "virtio-scsi-pci-transitional",
        "virtio-serial-pci",
        "virtio-serial-pci-non-transitional",
        "virtio-serial-pci-transitional",
        "virtio-tablet-pci",
        "virtio-vga",
        "virtconsole",
        "virtserialport",
        "vmcoreinfo",
        "vmxnet3",
        "vt82c686b-usb-uhci",
        "x3130-upstream",
        "xio3130-downstream",
    }
)


def _machine(name: str, alias: str, max_cpus: int, *, default: bool = False) -> MachineType:
    return MachineType(
        name=name,
        alias=alias,
        max_cpus=max_cpus,
        default=default,
        cpu_model="qemu64",
        kvm_cpu_model="qemu64",
        ram_id="pc.ram",
    )


CAPS = QemuCapabilities(
    emulator="/usr/bin/qemu-system-x86_64",
    version=(7, 2, 22),
    arch="x86_64",
    machines=(
        _machine("pc-i440fx-7.2", "pc", 255, default=True),
        _machine("pc-q35-7.2", "q35", 288),
        _machine("microvm", "", 288),
    ),
    cpus=tuple(
        CpuDefinition(name=name) for name in ("qemu64", "Nehalem", "Haswell-noTSX", "host", "max")
    ),
    devices=DEVICES,
    objects=frozenset({"rng-random", "rng-egd", "rng-builtin"}),
    features=frozenset(
        {
            "option-sandbox",
            "command:set-action",
            "netdev-user",
            "netdev-json",
            "netdev-stream",
            "netdev-vhost-vdpa",
        }
    ),
    kvm_usable=True,
)
RUNTIME = RuntimePaths(
    monitor_fd=7, directory="/run/guest", now_s=1_700_000_000, tap_fds={"net0": (9,)}
)


def started(
    domain: Domain, caps: QemuCapabilities = CAPS, runtime: RuntimePaths = RUNTIME
) -> CommandLine:
    """The command line of a guest, as the agent comes to it."""
    return translate(prepare(domain, caps, runtime.directory).domain, caps, runtime)
