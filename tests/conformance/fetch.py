"""libvirt's source archive from Debian, by apt, with its signatures checked.

The machine's own mirror is used, with a list of sources and a state of its own, so that
nothing of the machine's apt is changed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SUITE = "trixie"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
TIMEOUT_S = 600

_ONE_LINE = re.compile(
    r"deb(?:-src)?\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)"
)


class FetchFailed(Exception):
    """Why the archive cannot be had."""


class Mirror(NamedTuple):
    """Where the machine gets Debian from."""

    uri: str
    suites: str
    signed_by: str


def fetch(version: str, folder: Path) -> Path:
    """The original archive of that version, in `folder`; raises FetchFailed."""
    if shutil.which("apt-get") is None:
        raise FetchFailed("there is no apt-get here")
    mirror = debian_mirror(machine_sources(Path("/etc/apt")))
    for name in ("sources", "lists/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "sources/debian.sources").write_text(
        f"Types: deb-src\nURIs: {mirror.uri}\nSuites: {SUITE}\nComponents: main\n"
        f"Signed-By: {mirror.signed_by}\n",
        encoding="utf-8",
    )
    options = [
        "-qq",
        "-o", "Dir::Etc::sourcelist=/dev/null",
        "-o", f"Dir::Etc::sourceparts={folder / 'sources'}",
        "-o", f"Dir::State::lists={folder / 'lists'}",
        "-o", f"Dir::Cache={folder}",
        "-o", "APT::Sandbox::User=root",
        "-o", "Acquire::Retries=3",
    ]  # fmt: skip
    _run(["apt-get", *options, "update"], folder)
    _run(
        ["apt-get", *options, "source", "--download-only", "--tar-only", f"libvirt/{SUITE}"], folder
    )
    archive = folder / f"libvirt_{version}.orig.tar.xz"
    if not archive.exists():
        found = ", ".join(path.name for path in folder.glob("*.tar.*")) or "nothing"
        raise FetchFailed(f"Debian {SUITE} gave {found} instead of {archive.name}")
    return archive


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
            env=os.environ | {"LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired as error:
        raise FetchFailed(f"apt-get took longer than {TIMEOUT_S} s") from error
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise FetchFailed(f"apt-get failed: {lines[-1]}")


def debian_mirror(sources: Iterator[Mirror]) -> Mirror:
    """The machine's mirror of Debian itself; raises FetchFailed when it has none."""
    for mirror in sources:
        path = mirror.uri.rstrip("/").rpartition("/")[2]
        if path == "debian" and "-security" not in mirror.suites:
            return mirror
    raise FetchFailed("the machine's apt has no mirror of Debian")


def machine_sources(folder: Path) -> Iterator[Mirror]:
    """All that apt's lists name, in both forms in which they are written."""
    for path in sorted((folder / "sources.list.d").glob("*.sources")):
        for paragraph in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            yield from _deb822(paragraph)
    lists = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*.list"))]
    for path in lists:
        if path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                yield from _one_line(line.strip())


def _deb822(paragraph: str) -> Iterator[Mirror]:
    lines = [line for line in paragraph.splitlines() if line and not line.startswith("#")]
    fields = {
        name.strip().lower(): value.strip()
        for name, colon, value in (line.partition(":") for line in lines)
        if colon and not name.startswith((" ", "\t"))
    }
    if fields.get("enabled", "yes").lower() == "no":
        return
    for uri in fields.get("uris", "").split():
        yield Mirror(uri, fields.get("suites", ""), fields.get("signed-by") or KEYRING)


def _one_line(line: str) -> Iterator[Mirror]:
    if found := _ONE_LINE.match(line):
        options = dict(part.partition("=")[::2] for part in (found["options"] or "").split())
        yield Mirror(found["uri"], found["suite"], options.get("signed-by", KEYRING))
