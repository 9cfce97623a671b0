"""The qemu-agent, with real guests: the project's own boot image under TCG."""

from uuid import UUID

from tests.contract.harness import Harness
from tools.bootimage import BANNER, write_boot_image


def document(name: str, uuid: UUID) -> str:
    return f"""
<domain type='qemu'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='MiB'>32</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='@DIR@/boot.img'/>
      <target dev='hda' bus='ide'/>
    </disk>
    <serial type='pty'/>
    <graphics type='vnc' passwd='secret'/>
  </devices>
</domain>"""


HARNESS = Harness(
    package="virtbus_qemu",
    route="qemu:///system",
    document=document,
    needs={"qemu-system-x86_64": "install qemu-system-x86"},
    greeting=BANNER.strip(),
    native={"qemu-argv": "-nodefaults"},
    prepare=lambda folder: write_boot_image(folder / "boot.img"),
)
