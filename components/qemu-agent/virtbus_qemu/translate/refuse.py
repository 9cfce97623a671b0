"""What a document may say but this agent cannot do is refused, never dropped."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.engine.declare import Element
from virtbus.model.engine.walk import elements

from .words import unsupported

_LIBVIRT = "libvirt.org/schemas"
_WITHOUT_EFFECT = ("resource",)  # the cgroup a guest is placed in; not a part of the machine


def refuse_foreign(domain: Domain) -> None:
    """Raise Unsupported for the first element or attribute that no declaration knows.

    Elements in namespaces of applications are theirs and mean nothing to a hypervisor.
    """
    for path, element in elements("domain", domain):
        for attribute in element.other_attributes:
            if not attribute.namespace and ":" not in attribute.name:
                raise unsupported(path, f"attribute '{attribute.name}'", element.line)
        for tag in map(_tag, element.other):
            if tag not in _WITHOUT_EFFECT and not tag.startswith("{"):
                raise unsupported(path, f"element '{tag}'", element.line)


def _tag(xml: str) -> str:
    """The tag of a kept element; "{" first when it belongs to an application."""
    head = xml[1:].partition(">")[0]
    tag = head.split()[0].rstrip("/")
    prefix = tag.partition(":")[0] if ":" in tag else ""
    declared = f"xmlns:{prefix}=" if prefix else "xmlns="
    if declared in head and _LIBVIRT not in head.partition(declared)[2].split()[0]:
        return f"{{{tag}"
    return tag


def refuse_set(path: str, element: Element | None, *names: str) -> None:
    """Raise Unsupported when `element` has a value in one of the fields `names`."""
    for name in _set(element, names):
        raise unsupported(path, f"'{name}'", element.line if element else 0)


def _set(element: Element | None, names: tuple[str, ...]) -> Iterator[str]:
    if element is not None:
        for name in names:
            if getattr(element, name) not in (None, False, []):
                yield name
