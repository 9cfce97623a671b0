"""Each kind of difference between two command lines is seen; only the order of options is free."""

import pytest

from tests.conformance.args_compare import compare, options_of, read_args

BASE = [
    "/usr/bin/qemu",
    "-S",
    "-machine",
    "pc,usb=off,acpi=off",
    "-m",
    "size=1024k",
    "-append",
    "console=ttyS0,115200 root=/dev/vda",
    "-device",
    '{"driver":"ide-hd","id":"ide0-0-0","bootindex":1}',
    "-device",
    '{"driver":"qxl-vga","id":"video0","bus":"pci.0"}',
    "-blockdev",
    '{"driver":"file","node-name":"n1","cache":{"direct":true}}',
    "-fsdev",
    "local,id=fsdev0,path=/a,,b",
]


def changed(old: str, new: str) -> list[str]:
    """BASE with one word changed."""
    assert any(old in word for word in BASE)
    return [word.replace(old, new) for word in BASE]


SAME = {
    "order of options": [BASE[0], *BASE[2:], "-S"],
    "order of keys": changed("usb=off,acpi=off", "acpi=off,usb=off"),
    "form of JSON": changed('"id":"video0","bus":"pci.0"', '"bus": "pci.0", "id": "video0"'),
}

DIFFERENT = {
    "program": (changed("/usr/bin/qemu", "/bin/qemu"), ["program differs"]),
    "flag missing": ([w for w in BASE if w != "-S"], ["missing -S"]),
    "flag more": ([*BASE, "-no-shutdown"], ["unexpected -no-shutdown"]),
    "first word": (changed("pc,usb", "q35,usb"), ["-machine: first word differs"]),
    "key missing": (changed(",acpi=off", ""), ["-machine: property acpi missing"]),
    "key more": (changed("acpi=off", "acpi=off,hpet=off"), ["-machine: property hpet unexpected"]),
    "key differs": (changed("1024k", "1025k"), ["-m: property size differs"]),
    "plain value": (changed("115200", "9600"), ["-append differs"]),
    "JSON number": (
        changed('"bootindex":1', '"bootindex":2'),
        ["-device driver=ide-hd: property bootindex differs"],
    ),
    "JSON type": (
        changed('"bootindex":1', '"bootindex":"1"'),
        ["-device driver=ide-hd: property bootindex differs"],
    ),
    "JSON true for 1": (
        changed('"bootindex":1', '"bootindex":true'),
        ["-device driver=ide-hd: property bootindex differs"],
    ),
    "JSON property missing": (
        changed(',"bus":"pci.0"', ""),
        ["-device driver=qxl-vga: property bus missing"],
    ),
    "JSON inside": (
        changed('"direct":true', '"direct":false'),
        ["-blockdev driver=file: property cache differs"],
    ),
    "driver": (
        changed("qxl-vga", "VGA"),
        ["-device driver=qxl-vga: first word differs"],
    ),
    "type that is not the head": (
        changed('"driver":"file",', '"driver":"file","type":"x",'),
        ["-blockdev driver=file: property type unexpected"],
    ),
    "form": (
        changed('{"driver":"qxl-vga","id":"video0","bus":"pci.0"}', "qxl-vga,id=video0,bus=pci.0"),
        ["-device driver=qxl-vga: keys instead of json"],
    ),
    "comma in a value": (
        changed("/a,,b", "/a,b"),
        ["-fsdev local: property b unexpected", "-fsdev local: property path differs"],
    ),
    "twice": ([*BASE, *BASE[8:10]], ["unexpected -device driver=ide-hd"]),
    "none of it": (
        BASE[:8] + BASE[10:],
        ["missing -device driver=ide-hd"],
    ),
}


@pytest.mark.parametrize("words", SAME.values(), ids=SAME)
def test_what_has_no_meaning_is_no_difference(words: list[str]) -> None:
    assert words != BASE
    assert compare(BASE, words) == []


@pytest.mark.parametrize("case", DIFFERENT)
def test_each_kind_of_difference_is_seen(case: str) -> None:
    words, reasons = DIFFERENT[case]
    assert [difference.reason for difference in compare(BASE, words)] == reasons


def test_a_command_is_read_as_libvirt_writes_it_down() -> None:
    text = (
        "LC_ALL=C \\\nHOME=/a \\\n/usr/bin/qemu \\\n-name guest=x \\\n-S \\\n-object '{\"a\":1}'\n"
    )
    environment, words = read_args(text)
    assert environment == {"LC_ALL": "C", "HOME": "/a"}
    assert words == ["/usr/bin/qemu", "-name", "guest=x", "-S", "-object", '{"a":1}']


def test_an_option_without_a_value_takes_none() -> None:
    assert [option.name for option in options_of(["q", "-S", "-nodefaults", "-m", "1"])] == [
        "program",
        "-S",
        "-nodefaults",
        "-m",
    ]
