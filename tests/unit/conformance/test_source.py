"""Which mirror the source is fetched from, and what is said when it cannot be had."""

from pathlib import Path

import pytest

from tests.conformance.fetch import FetchFailed, Mirror, debian_mirror, machine_sources
from tests.conformance.source import SourceMissing, libvirt_source


def sources(tmp_path: Path, name: str, text: str) -> list[Mirror]:
    """What a machine with that one list knows."""
    (tmp_path / "sources.list.d").mkdir(exist_ok=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    return list(machine_sources(tmp_path))


def test_sources_in_paragraphs_are_read(tmp_path: Path) -> None:
    found = sources(
        tmp_path,
        "sources.list.d/debian.sources",
        "# Debian\nTypes: deb\nURIs: http://mirror.test/debian\nSuites: trixie trixie-updates\n"
        "Components: main\nSigned-By: /keys/debian.gpg\n\n"
        "Types: deb\nURIs: http://mirror.test/off/debian\nEnabled: no\nSuites: trixie\n",
    )
    assert found == [
        Mirror("http://mirror.test/debian", "trixie trixie-updates", "/keys/debian.gpg")
    ]


def test_sources_on_one_line_are_read(tmp_path: Path) -> None:
    found = sources(
        tmp_path,
        "sources.list",
        "# deb http://mirror.test/no sid main\n"
        "deb [arch=amd64 signed-by=/keys/a.gpg] http://mirror.test/debian/ trixie main\n",
    )
    assert found == [Mirror("http://mirror.test/debian/", "trixie", "/keys/a.gpg")]


def test_the_mirror_of_debian_itself_is_taken() -> None:
    debian = Mirror("http://mirror.test/debian/", "trixie", "k")
    others = [
        Mirror("http://mirror.test/debian-security", "trixie-security", "k"),
        Mirror("http://other.test/apt", "stable", "k"),
    ]
    assert debian_mirror(iter([*others, debian])) == debian
    with pytest.raises(FetchFailed, match="no mirror"):
        debian_mirror(iter(others))


def test_a_folder_that_is_not_the_source_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTBUS_LIBVIRT_SOURCE", str(tmp_path))
    with pytest.raises(SourceMissing, match="not the source"):
        libvirt_source()
    (tmp_path / "meson.build").write_text("project('libvirt',\n  version: '11.3.0',\n")
    assert libvirt_source() == tmp_path
