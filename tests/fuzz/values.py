"""Values for what the declarations name: in bounds, out of them, and hostile."""

from __future__ import annotations

from functools import cache
from typing import Any

from virtbus.model.engine.number_sets import NumberSet
from virtbus.model.engine.table import Field
from virtbus.model.engine.values import AnyBase, Choice, Hex, Integer, Octal, PlainText

from .choices import Choices

CANARY = "zqx7"
"""A key, option or property of this name is ours never: a value has become one."""

HOSTILE = (
    f"a,{CANARY}=1", f",{CANARY}=1", f"a,,{CANARY}=1", f"a,,,{CANARY}=1,", f"{CANARY}=1",
    f"on,{CANARY}=on", f"/a,{CANARY}=on,b", f",{CANARY}", f"-{CANARY}", f" -{CANARY} x",
    f"x\n-{CANARY}", f'","{CANARY}":"1', f'\\","{CANARY}":"1', f'{{"{CANARY}":1}}', "{", "{}",
    f"/{CANARY}", f"../../{CANARY}", f"/x/../../{CANARY}", "..", ".", "/", "//", "-", "--", ",",
    ",,", "=", ":", "@", "|", "!", "+", "json:{}", f'json:{{"{CANARY}":1}}', "nbd:127.0.0.1:1",
    "file:///etc/passwd", "http://127.0.0.1/x", "/dev/fdset/1", "/dev/stdin", "fd:0",
    "$(id)", "`id`", ";id", "&& id", "| id", "a b", "a\tb", "a\nb", "\n", "\r\n", " ", "'", '"',
    "''", "\\", "%s%n", "${HOME}", "{fd}", "*", "?", "[0]", "a[", "#", "<", "&", "]]>", "&amp;",
    "\u00e9", "\u2028", "\u202e", "\ufeff", "\U0001f600", "\uff0c", "\x7f", "\x85", "\u0661",
    "none", "null", "true", "None", "-1", "+1", "1e9", "0x", "1_0", "0" * 40, "9" * 21, "9" * 5000,
    "1.5", "::", "[::1]", "255.255.255.255", "0.0.0.0/0", "::/0", "q" * 300, "q" * 65536,
    "," * 4096,
)  # fmt: skip
NO_XML = ("\0", "\x01", "\x1f", "&#0;", "\ufffe", "<", "&x;", "]]>", "'", "<!--", "<![CDATA[")
"""What is written as it stands, and mostly ends the document's being one."""

_TEXTS = (
    "vda", "sdb", "hda", "0", "1", "a", "/x/y", "virtio", "eth0", "br0", "default", "pc", "raw",
    "qcow2", "127.0.0.1", "::1", "localhost", "iqn.2000-01.org.x:y/1", "pool", "4096", "on", "yes",
    "auto", "unix", "tcp", "5900", "e1000", "scsi", "0x1af4", "2000-01-01", "12:30:00", "kvm",
    "x86_64", "q35", "hvm", "linux", "Haswell", "ua-1", "1.0", "0-1", "52:54:00:00:00:01",
    "6695eb01-f6a4-8304-79aa-97f2502e193f", "5000c50015ea71ac", "192.168.1.1", "fe80::1",
    "192.168.1.0/24", "example.org", "qemu:///system", "AES", "0000:00:1f.2", "fc_remote", "b", "c",
)  # fmt: skip
_TEXTS_OF = {
    "name": ("guest", "n1", "a", "x y", "ide"),
    "dev": (
        "vda",
        "vdb",
        "sda",
        "sdb",
        "hda",
        "hdc",
        "fda",
        "sdaa",
        "eth0",
        "hd",
        "/dev/x",
        "tap1",
    ),
    "file": ("/x/y", "/x/a,b", "/x/z.qcow2"),
    "path": ("/x/y", "/x/s", "/dev/pts/1", "/a b"),
    "dir": ("/x", "/y"),
    "machine": ("pc", "q35", "virt", "pseries", "s390-ccw-virtio", "pc-q35-7.2", "microvm"),
    "arch": ("x86_64", "aarch64", "riscv64", "ppc64", "s390x", "i686", "armv7l"),
    "type": ("kvm", "qemu", "raw", "qcow2", "virtio", "hvm"),
    "bus": ("virtio", "scsi", "sata", "ide", "usb", "fdc", "xen", "sd"),
    "model": ("virtio", "e1000", "e1000e", "virtio-scsi", "qemu-xhci", "pcie-root-port"),
    "emulator": ("/usr/bin/qemu-system-x86_64", "/x/qemu"),
}


def value(field: Field, choices: Choices, strangeness: int) -> str:
    """Text for an attribute or an element: out of bounds once in `strangeness` times."""
    if choices.one_in(strangeness if not isinstance(field.codec, PlainText) else 6):
        return choices.pick(HOSTILE)
    if isinstance(field.codec, PlainText):
        return choices.pick(_TEXTS_OF.get(field.xml, _TEXTS))
    codec: Any = field.codec  # they are hashable, each one
    return choices.pick(_good(codec))


@cache
def _good(codec: Any) -> tuple[str, ...]:
    """Texts that it takes, its bounds first."""
    match codec:
        case Choice():
            return tuple(codec.words)
        case Integer():
            numbers = [codec.low, 1, codec.high, 2, 4, 512, 1024, 65536]
            return tuple(str(n) for n in numbers if codec.low <= n <= codec.high)
        case Hex() | AnyBase():
            return ("0", "1", "0x2", hex(codec.high))
        case Octal():
            return ("0755", oct(codec.high)[2:])
        case NumberSet():
            return ("0", "0-1", "1,3", "0-7,^2", "16383")
    return tuple(text for text in dict.fromkeys((*_TEXTS, *HOSTILE)) if _takes(codec, text)) or (
        "",
    )


def _takes(codec: Any, text: str) -> bool:
    try:
        codec.parse(text)
    except ValueError:
        return False
    return True
