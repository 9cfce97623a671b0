"""Differences that are meant: named, with what follows from them, and nothing else hidden."""

from pathlib import Path

from tests.conformance.deliberate import CHOICES, PREFIX, named
from tests.conformance.xml_compare import Difference

DOCS = Path(__file__).parents[3] / "docs/conformance.md"


def test_what_follows_from_a_choice_is_in_its_group() -> None:
    found = named(
        [
            Difference("context: setting env.QEMU_AUDIO_DRV", "alsa"),
            Difference("-audiodev alsa: first word differs", "..."),
            Difference("-vnc: first word differs", "..."),
        ]
    )
    meant = f"{PREFIX}the agent's environment does not choose where sound goes"
    assert [each.reason for each in found] == [meant, meant, "-vnc: first word differs"]


def test_without_its_sign_nothing_is_meant() -> None:
    differences = [Difference("-audiodev alsa: first word differs", "...")]
    assert named(differences) == differences


def test_each_choice_stands_in_the_docs() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [choice.what for choice in CHOICES if f"| {choice.what} |" not in text] == []
