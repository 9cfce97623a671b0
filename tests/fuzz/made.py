"""The documents that a string of bytes stands for, and what is done with them."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path

from tests.unit.qemu.translate_documents import ACCEPTED
from virtbus.model.documents import KINDS, document, kind_of

from .choices import Choices
from .grammar import Maker
from .hosts import ARCHITECTURES, HOSTS
from .nodes import Node, read, write
from .steps import survive, survive_start

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests/unit/model/data"


@cache
def sound(kind: str) -> tuple[Node, ...]:
    """Documents of a kind that are accepted, to begin with."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((DATA / kind).glob("*.xml"))]
    if kind == "domain":
        texts += [text.replace("{dir}", "/d") for text in ACCEPTED.values()]
    return tuple(read(text) for text in texts)


def made(choices: Choices, kind: str) -> Node:
    """A document of that kind: a sound one with some changes, or one made from nothing."""
    maker = Maker(choices)
    if choices.one_in(4):
        return maker.document(document(kind))
    root = copy.deepcopy(choices.pick(sound(kind)))
    for _ in range(choices.pick((1, 2, 3, 6))):
        maker.change(root, document(kind))
    return root


def try_text(data: bytes) -> bool:
    """Read bytes as they are; a domain is started too. Whether there was a document."""
    accepted = survive(data)
    if accepted and kind_of(data) == "domain":
        survive_start(data, HOSTS["x86_64", True])
    return accepted


def try_document(data: bytes) -> bool:
    """Make a document of any kind and read it. Whether it was accepted."""
    choices = Choices(data)
    kind = choices.pick(KINDS)
    return survive(write(made(choices, kind)), kind)


def try_guest(data: bytes) -> bool:
    """Make a domain and its command line on some host. Whether there is one."""
    choices = Choices(data)
    arch = choices.pick(("x86_64", "x86_64", "x86_64", *ARCHITECTURES))
    caps = HOSTS[arch, not choices.one_in(3)]
    root = made(choices, "domain")
    if not choices.one_in(8):
        machine = choices.pick(("", *(m.name for m in caps.machines)))
        _suit(root, choices.pick(("kvm", "qemu")), arch, machine)
    return survive_start(write(root), caps)


def _suit(root: Node, kind: str, arch: str, machine: str) -> None:
    """Make it a domain that such a host takes, as far as its machine and memory go."""
    wanted = Node("type", {"arch": arch}, text="hvm")
    if machine:
        wanted.attributes["machine"] = machine
    os = next((child for child in root.children if child.tag == "os"), Node("os"))
    before = next((child for child in os.children if child.tag == "type"), wanted)
    if before.attributes.get("arch") != arch or before.attributes.get("machine") != machine:
        _forget_places(root)
    os.children = [wanted, *(child for child in os.children if child.tag != "type")]
    root.children = [child for child in root.children if child.tag not in _SETTLED]
    root.children += [Node("name", text="guest"), Node("memory", text="1048576"), os]
    root.attributes["type"] = kind
    for devices in root.children:
        devices.children = [child for child in devices.children if child.tag != "emulator"]


_SETTLED = ("name", "memory", "currentMemory", "maxMemory", "os")


def _forget_places(node: Node) -> None:
    """What sat at addresses of another machine finds its own."""
    node.children = [c for c in node.children if c.tag not in ("address", "controller")]
    for child in node.children:
        _forget_places(child)
