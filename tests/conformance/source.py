"""Where libvirt's source is: unpacked by the user, in the cache, or fetched now."""

from __future__ import annotations

import os
import tarfile
import tempfile
from pathlib import Path

from .fetch import FetchFailed, fetch

VERSION = "11.3.0"
ROOT = Path(__file__).parents[2]
NAMED_TREE = "VIRTBUS_LIBVIRT_SOURCE"
NAMED_CACHE = "VIRTBUS_CACHE_DIR"


class SourceMissing(Exception):
    """There is no source, and what can be done about it."""


def libvirt_source() -> Path:
    """The unpacked source of libvirt; raises SourceMissing."""
    if named := os.environ.get(NAMED_TREE):
        return _checked(Path(named), f"{NAMED_TREE} names {named}")
    cache = Path(os.environ.get(NAMED_CACHE) or ROOT / ".cache")
    tree = cache / f"libvirt-{VERSION}"
    if not tree.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="fetch-") as folder:
            try:
                archive = fetch(VERSION, Path(folder))
            except FetchFailed as error:
                raise SourceMissing(
                    f"libvirt's source cannot be fetched: {error}. Unpack libvirt {VERSION} "
                    f"somewhere, and name its folder in {NAMED_TREE}"
                ) from error
            _unpack(archive, Path(folder), tree)
    return _checked(tree, f"the cache {tree}")


def _checked(tree: Path, what: str) -> Path:
    build = tree / "meson.build"
    if not build.is_file() or f"version: '{VERSION}'" not in build.read_text(encoding="utf-8"):
        raise SourceMissing(f"{what}, which is not the source of libvirt {VERSION}")
    return tree


def _unpack(archive: Path, folder: Path, tree: Path) -> None:
    """Unpack beside the place and move it there whole, so that half a tree is never used."""
    inside = folder / "unpacked"
    with tarfile.open(archive, "r:xz") as tar:
        tar.extractall(inside, filter="data")
    (top,) = inside.iterdir()
    try:
        top.rename(tree)
    except OSError:
        if not tree.is_dir():  # else another run was faster
            raise
