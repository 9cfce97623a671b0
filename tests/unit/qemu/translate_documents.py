"""Guests for the tests of the translation: one of each family of devices.

`{dir}` stands for a directory that a test made, with `disk.raw`, `disk.qcow2` and `cd.iso` in it.
"""

from __future__ import annotations

UUID = "c7a5fdbd-edaf-9455-926a-d65c16db1809"


def guest(devices: str = "", inside: str = "", *, machine: str = "pc", os: str = "") -> str:
    """A guest of type qemu with these devices."""
    return f"""<domain type='qemu'>
  <name>guest</name>
  <uuid>{UUID}</uuid>
  <memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='{machine}'>hvm</type>{os}</os>
  {inside}
  <devices>{devices}</devices>
</domain>"""


def disk(target: str, bus: str, more: str = "", *, kind: str = "raw", device: str = "disk") -> str:
    """A disk on a file of that kind; a cdrom or floppy as `device` says."""
    file = {"cdrom": "cd.iso", "floppy": "floppy.img"}.get(device, f"disk.{kind}")
    return (
        f"<disk type='file' device='{device}'><driver name='qemu' type='{kind}'/>"
        f"<source file='{{dir}}/{file}'/><target dev='{target}' bus='{bus}'/>{more}</disk>"
    )


NIC = "<interface type='user'><mac address='52:54:00:11:22:33'/>{}</interface>"
VNC = "<graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/>"
Q35 = "q35"

ACCEPTED: dict[str, str] = {
    "bare": guest(),
    "bare-q35": guest(machine=Q35),
    "features": guest(
        inside="<features><acpi/><apic/><pae/><vmport state='off'/><vmcoreinfo state='on'/>"
        "</features><pm><suspend-to-mem enabled='no'/><suspend-to-disk enabled='yes'/></pm>"
    ),
    "features-q35": guest(
        inside="<features><acpi/><smm state='off'/></features>"
        "<pm><suspend-to-mem enabled='yes'/></pm>",
        machine=Q35,
    ),
    "cpu-maximum": guest(
        inside="<vcpu current='2'>8</vcpu><cpu mode='maximum'>"
        "<topology sockets='1' dies='2' cores='2' threads='2'/></cpu>"
    ),
    "cpu-custom": guest(
        inside="<cpu mode='custom' match='exact'><model fallback='forbid'>Nehalem</model>"
        "<cache level='3' mode='emulate'/><feature policy='require' name='ssse3'/>"
        "<feature policy='disable' name='x2apic'/><feature policy='optional' name='avx2'/></cpu>"
    ),
    "clock": guest(
        inside="<clock offset='variable' adjustment='-3600'><timer name='rtc' tickpolicy='catchup'"
        " track='guest'/><timer name='pit' tickpolicy='delay'/><timer name='hpet' present='no'/>"
        "</clock><on_reboot>destroy</on_reboot>"
    ),
    "clock-absolute": guest(inside="<clock offset='absolute' start='1700000000'/>"),
    "clock-local": guest(inside="<clock offset='localtime'/>"),
    "kernel": guest(
        os="<kernel>{dir}/kernel</kernel><initrd>{dir}/initrd</initrd>"
        "<cmdline>console=ttyS0,115200 a=b,c</cmdline>"
    ),
    "boot-menu": guest(
        disk("hda", "ide") + disk("hdc", "ide", device="cdrom") + NIC.format(""),
        os="<boot dev='cdrom'/><boot dev='hd'/><boot dev='network'/>"
        "<bootmenu enable='yes' timeout='3000'/><bios rebootTimeout='5000'/>",
    ),
    "boot-order": guest(
        disk("vda", "virtio", "<boot order='2'/>")
        + NIC.format("<model type='virtio'/><boot order='1'/>")
    ),
    "firmware-rom": guest(os="<loader type='rom'>/usr/share/seabios/bios-256k.bin</loader>"),
    "firmware-flash": guest(
        inside="<features><acpi/></features>",
        machine=Q35,
        os="<loader type='pflash' readonly='yes'>{dir}/code.fd</loader>"
        "<nvram>{dir}/vars.fd</nvram>",
    ),
    "disk-virtio": guest(disk("vda", "virtio") + disk("vdb", "virtio", kind="qcow2")),
    "disk-virtio-q35": guest(
        disk("vda", "virtio") + disk("vdb", "virtio", kind="qcow2"), machine=Q35
    ),
    "disk-options": guest(
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none' io='native' "
        "error_policy='stop' rerror_policy='report' discard='unmap' detect_zeroes='unmap' "
        "queues='2'/><source file='{dir}/disk.qcow2'/><target dev='vda' bus='virtio'/>"
        "<blockio logical_block_size='512' physical_block_size='4096'/>"
        "<serial>WD-1.a_b</serial></disk>"
    ),
    "disk-scsi": guest(
        disk("sda", "scsi", "<wwn>5000c50015ea71ac</wwn><vendor>ACME</vendor><product>X</product>")
        + disk("sdh", "scsi", kind="qcow2")
        + disk("sdp", "scsi", device="cdrom")
    ),
    "disk-scsi-controller": guest(
        "<controller type='scsi' index='0' model='virtio-scsi'><driver queues='2'/></controller>"
        + disk("sda", "scsi", "<shareable/>")
    ),
    "disk-scsi-lsi": guest(
        "<controller type='scsi' index='0' model='lsilogic'/>" + disk("sda", "scsi")
    ),
    "disk-sata": guest(disk("sda", "sata") + disk("sdb", "sata", device="cdrom")),
    "disk-sata-q35": guest(disk("sda", "sata") + disk("sdg", "sata", kind="qcow2"), machine=Q35),
    "disk-ide": guest(
        disk("hda", "ide") + disk("hdb", "ide", kind="qcow2") + disk("hdc", "ide", device="cdrom")
    ),
    "disk-usb": guest(disk("sda", "usb")),
    "disk-floppy": guest(disk("fda", "fdc", device="floppy")),
    "cdrom-empty": guest("<disk type='file' device='cdrom'><target dev='hdc' bus='ide'/></disk>"),
    "disk-readonly": guest(disk("vda", "virtio", "<readonly/>")),
    "nic-default": guest(NIC.format("")),
    "nic-models": guest(
        "".join(
            f"<interface type='user'><mac address='52:54:00:11:22:{n:02x}'/>"
            f"<model type='{model}'/></interface>"
            for n, model in enumerate(("virtio", "e1000", "e1000e", "rtl8139", "virtio"))
        )
    ),
    "nic-q35": guest(
        NIC.format("<model type='virtio'/><rom enabled='no'/>")
        + "<interface type='user'><mac address='52:54:00:11:22:34'/><model type='e1000'/>"
        "<link state='down'/></interface>",
        machine=Q35,
    ),
    "serial-pty": guest("<serial type='pty'><log file='{dir}/serial,log' append='on'/></serial>"),
    "serial-unix": guest(
        "<serial type='unix'><source mode='bind' path='{dir}/s.sock'/></serial>"
        "<serial type='unix'><source mode='bind' path='{dir}/a,b.sock'/></serial>"
    ),
    "serial-tcp": guest(
        "<serial type='tcp'><source mode='bind' host='127.0.0.1' service='0'/>"
        "<protocol type='telnet'/></serial>"
    ),
    "serial-file": guest(
        "<serial type='file'><source path='{dir}/out,x' append='on'/></serial>"
        "<serial type='null'><target port='2'/></serial>"
    ),
    "console-virtio": guest("<console type='pty'><target type='virtio'/></console>"),
    "channel": guest(
        "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
        "<channel type='null'><target type='virtio' name='com.example,x=y'/></channel>"
    ),
    "vnc": guest(VNC + "<video><model type='vga'/></video>"),
    "vnc-password": guest(
        "<graphics type='vnc' autoport='yes' passwd='sesame' keymap='de' "
        "sharePolicy='force-shared'><listen type='address' address='127.0.0.1'/></graphics>"
    ),
    "vnc-socket": guest(
        "<graphics type='vnc'><listen type='socket' socket='{dir}/vnc,x.sock'/></graphics>"
    ),
    "video": guest(
        VNC + "<video><model type='virtio' heads='2'/></video><video><model type='qxl'/></video>"
    ),
    "video-q35": guest(
        VNC + "<video><model type='bochs' vram='32768'><resolution x='1024' y='768'/></model>"
        "</video>",
        machine=Q35,
    ),
    "video-cirrus": guest("<video><model type='cirrus'/></video>"),
    "video-none": guest("<video><model type='none'/></video>"),
    "input": guest(
        "<input type='tablet' bus='usb'/><input type='keyboard' bus='virtio'/>"
        "<input type='mouse' bus='ps2'/><input type='tablet' bus='virtio'/>"
    ),
    "input-q35": guest("<input type='tablet'/><input type='keyboard' bus='usb'/>", machine=Q35),
    "usb-xhci": guest("<controller type='usb' index='0' model='qemu-xhci' ports='8'/>"),
    "balloon": guest(
        "<memballoon model='virtio' autodeflate='on' freePageReporting='on'>"
        "<stats period='10'/></memballoon>",
        inside="<currentMemory unit='MiB'>48</currentMemory>",
    ),
    "balloon-none": guest("<memballoon model='none'/>"),
    "rng": guest(
        "<rng model='virtio'><rate bytes='1024' period='2000'/>"
        "<backend model='random'>/dev/urandom</backend></rng>"
        "<rng model='virtio'><backend model='builtin'/></rng>"
    ),
    "watchdog": guest("<watchdog model='i6300esb' action='pause'/>"),
    "watchdog-itco": guest("<watchdog model='itco' action='none'/>", machine=Q35),
    "audio": guest("<audio id='1' type='none'/>"),
    "pci-bridge": guest(
        "<controller type='pci' index='1' model='pci-bridge'/>"
        + NIC.format(
            "<model type='virtio'/>"
            "<address type='pci' domain='0x0000' bus='0x01' slot='0x05' function='0x0'/>"
        )
    ),
    "q35-full": guest(
        "".join(disk(f"vd{c}", "virtio", "<readonly/>") for c in "abcdefghijkl")
        + NIC.format("<model type='e1000'/>")
        + "<rng model='virtio'><backend model='random'/></rng>"
        + VNC
        + "<video><model type='virtio'/></video><watchdog model='i6300esb'/>"
        "<channel type='unix'><target type='virtio' name='a'/></channel>",
        machine=Q35,
        inside="<features><acpi/><apic/></features>",
    ),
}
"""Documents that are translated, and that QEMU takes."""
