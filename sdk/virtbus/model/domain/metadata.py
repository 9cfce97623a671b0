"""Title, description and the metadata that belongs to applications."""

from __future__ import annotations

from ...errors import InvalidDocument
from .root import Domain


def get_metadata(domain: Domain, uri: str) -> str | None:
    """The application's element in the namespace `uri`, verbatim; None when there is none."""
    return next((text for text, tag in _entries(domain) if _namespace(tag) == uri), None)


def set_metadata(domain: Domain, uri: str, xml: str | None, *, prefix: str = "") -> None:
    """Set, or with None remove, the application's element in the namespace `uri`.

    An element in no namespace is put into that one, with `prefix`, as libvirt does. Raises
    InvalidDocument when `xml` is not one well-formed element that is in it then.
    """
    entries = [text for text, tag in _entries(domain) if _namespace(tag) != uri]
    if xml is not None:
        from ..engine.reader import fragment

        text, tag = fragment(xml, uri=uri, prefix=prefix)
        if not uri or _namespace(tag) != uri:
            reason = f"the element must be in the namespace '{uri}'"
            raise InvalidDocument(
                f"<metadata>: {reason}", line=0, element="metadata", reason=reason
            )
        entries.append(text)
    _write(domain, entries)


def settle_metadata(domain: Domain) -> None:
    """Keep the first element of each application's namespace, and none without one."""
    entries = _entries(domain)
    kept: dict[str, str] = {}
    for text, tag in entries:
        kept.setdefault(_namespace(tag), text)
    kept.pop("", None)
    if len(kept) < len(entries):
        _write(domain, list(kept.values()))


def _write(domain: Domain, entries: list[str]) -> None:
    body = "".join(f"\n    {entry}" for entry in entries)
    domain.metadata = f"<metadata>{body}\n  </metadata>" if entries else None


def _entries(domain: Domain) -> list[tuple[str, str]]:
    """The text and tag of each element of <metadata>."""
    if domain.metadata is None:
        return []
    from ..engine.reader import fragments

    return fragments(domain.metadata)


def _namespace(tag: str) -> str:
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""
