"""Where our command lines differ from libvirt's on purpose; none of it is counted as passed."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from .xml_compare import Difference

PREFIX = "deliberate: "


class Choice(NamedTuple):
    """A difference that is meant: `sign` is how it shows, `covers` what else follows from it."""

    what: str
    sign: str  # patterns of reasons, as are those of `covers`
    covers: tuple[str, ...] = ()


_LINES = ("-*", "missing -*", "unexpected -*", "context: *")

CHOICES = (
    Choice("nbdkit is not used", "context: setting storageUseNbdkit", _LINES),
    Choice("slirp-helper is not used", "context: FLAG_SLIRP_HELPER", ("-netdev *", "missing -*")),
    Choice(
        "the agent's environment does not choose where sound goes",
        "context: setting env.QEMU_AUDIO_DRV",
        ("context: setting *", "-audiodev *", "missing -audiodev *", "unexpected -audiodev *"),
    ),
    Choice("what the emulator lacks is refused first", "refused at start: *was built without*"),
    Choice("what QEMU can do is not overridden", "refused at start: <qemu:capabilities>*"),
    Choice(
        "open files are not handed over",
        "refused at start: *(open files cannot be handed over the bus)*",
        ("context: ARG_FD_GROUP",),
    ),
    Choice("no -chardev in JSON", "context: ARG_QEMU_CAPS QEMU_CAPS_CHARDEV_JSON"),
)
"""In docs/conformance.md each stands with its reason."""


def named(differences: Sequence[Difference]) -> list[Difference]:
    """The same differences, with those that are meant in groups of their own."""
    found = list(differences)
    for choice in CHOICES:
        if not any(fnmatchcase(each.reason, choice.sign) for each in differences):
            continue
        patterns = (choice.sign, *choice.covers)
        found = [
            Difference(f"{PREFIX}{choice.what}", f"{each.reason}\n{each.detail}")
            if any(fnmatchcase(each.reason, pattern) for pattern in patterns)
            else each
            for each in found
        ]
    return found
