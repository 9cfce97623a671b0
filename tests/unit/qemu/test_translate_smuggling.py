"""No value of a document becomes an option, a device or a path of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.qemu.test_translate_command import domain_of, values
from tests.unit.qemu.translate_caps import CAPS, started
from tests.unit.qemu.translate_documents import ACCEPTED, disk, guest
from virtbus.errors import InvalidDocument, RequestError
from virtbus.model.domain import check_domain
from virtbus.model.engine.declare import Element, Kind
from virtbus.model.engine.table import table_of
from virtbus.model.engine.walk import elements
from virtbus_qemu.translate import CommandLine, complete

EVERYTHING = Path(__file__).parents[1] / "model/data/domain/everything.xml"
HOSTILE = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30
) | st.sampled_from(
    [
        ",script=/bin/sh", "x,fd=3", "a,,b", ",,", ",", "=", "a=b,c=d", "-device", "--", "{}",
        '{"driver":"x"}', '","driver":"x', "$(id)", "`id`", ";id", "a b", "'", '"', "\\", "\n",
        "/a,snapshot=on", "/etc/passwd,format=raw", "json:{}", "nbd:127.0.0.1:1", "file:/x",
        "http://127.0.0.1/x", "/dev/fdset/1", "%s", "../../etc/passwd", "/\u2028",
        "on,password=off",
    ]
)  # fmt: skip
SETTINGS = settings(max_examples=300, deadline=None)

RICH = guest(
    disk("vda", "virtio", "<serial>s</serial>")
    + disk("sda", "scsi", "<vendor>v</vendor><product>p</product><wwn>5000c50015ea71ac</wwn>")
    + "<interface type='ethernet'><target dev='tap0'/><rom file='/r'/></interface>"
    "<serial type='unix'><source path='/s'/><log file='/l'/></serial>"
    "<serial type='tcp'><source mode='bind' host='h' service='1'/></serial>"
    "<serial type='file'><source path='/f'/></serial>"
    "<channel type='unix'><source path='/c'/><target type='virtio' name='n'/></channel>"
    "<graphics type='vnc' autoport='yes' keymap='de' passwd='p'>"
    "<listen type='address' address='127.0.0.1'/></graphics>"
    "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>",
    inside="<cpu mode='custom'><model vendor_id='AuthenticAMD'>qemu64</model>"
    "<feature name='x2apic'/></cpu><features><acpi/></features>",
    os="<kernel>/k</kernel><initrd>/i</initrd><cmdline>c</cmdline><dtb>/d</dtb>",
)


def shape(line: CommandLine) -> list[Any]:
    """The command line without values: options, keys of comma lists, keys of JSON."""
    found: list[Any] = []
    words = iter(line.argv[1:])
    for word in words:
        found.append(word)
        if word in ("-S", "-no-user-config", "-nodefaults", "-no-shutdown", "-no-reboot"):
            continue
        value = next(words)
        if word in ("-append", "-kernel", "-initrd", "-dtb"):
            continue
        if word == "-cpu":
            found.append(len(value.split(",")))  # a feature's name is a key by intent
        elif value.startswith("{"):
            keys = json.loads(value)
            found.append((keys.get("driver"), sorted(keys)))
        else:
            parts = value.replace(",,", "").split(",")
            found.append([part.partition("=")[0] if "=" in part else None for part in parts])
    return found


def places(root: Element) -> list[tuple[Element, str]]:
    """Each text that a document may choose freely."""
    return [
        (element, field.name)
        for _, element in elements("domain", root)
        for field in table_of(type(element)).fields
        if field.kind in (Kind.ATTRIBUTE, Kind.VALUE, Kind.TEXT)
        and type(field.codec).__name__ == "PlainText"
        and isinstance(getattr(element, field.name), str)
    ]


def test_the_document_has_texts_to_try() -> None:
    names = {f"{type(e).__name__}.{n}" for e, n in places(domain_of(RICH))}
    assert len(names) > 20 and "StorageSource.file" in names and "CharacterSource.path" in names


@SETTINGS
@given(st.integers(0, 10_000), HOSTILE)
def test_a_value_stays_a_value(which: int, value: str) -> None:
    domain = domain_of(RICH)
    before = shape(started(domain))
    texts = places(domain)
    element, name = texts[which % len(texts)]
    setattr(element, name, value)
    try:
        check_domain(domain)
        line = started(domain)
    except RequestError:
        return
    after = shape(line)
    if value:
        assert after == before, (type(element).__name__, name, value)
    assert not any("\0" in word for word in line.argv)


@SETTINGS
@given(HOSTILE)
def test_a_path_is_that_path(path: str) -> None:
    domain = domain_of(guest(disk("vda", "virtio")))
    source = domain.devices.disks[0].source
    assert source is not None
    source.file = path
    try:
        check_domain(domain)
        line = started(domain)
    except InvalidDocument:
        assert not path.startswith("/")
        return
    node = json.loads(values(line, "-blockdev")[0])
    assert (node["driver"], node["filename"]) == ("file", path)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=5), st.data())
def test_any_mixture_of_lines_is_translated_or_refused(
    swaps: list[tuple[int, int]], data: st.DataObject
) -> None:
    other = data.draw(st.sampled_from([EVERYTHING.read_text(encoding="utf-8"), *ACCEPTED.values()]))
    lines = other.replace("><", ">\n<").splitlines()
    for a, b in swaps:
        a, b = a % len(lines), b % len(lines)
        lines[a], lines[b] = lines[b], lines[a]
    try:
        domain = domain_of("\n".join(lines))
        check_domain(domain)
        complete(domain, CAPS)
        line = started(domain)
    except RequestError:
        return
    assert line.argv[0] == CAPS.emulator
