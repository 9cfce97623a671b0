"""All kinds of documents, by name. A kind's module is imported when it is first asked for."""

from __future__ import annotations

import importlib
from typing import Any

from ..errors import InvalidArgument, InvalidDocument
from .engine.document import Document

_MODULES = {
    "domain": "domain:DOMAIN",
    "capabilities": "capabilities:CAPABILITIES",
    "domain-capabilities": "domain_capabilities:DOMAIN_CAPABILITIES",
    "filter": "nwfilter:FILTER",
    "filter-binding": "nwfilter.binding:FILTER_BINDING",
    "snapshot": "snapshot:SNAPSHOT",
    "checkpoint": "checkpoint:CHECKPOINT",
    "backup": "backup:BACKUP",
    "pool": "storage.pool:POOL",
    "pool-capabilities": "storage.pool_capabilities:POOL_CAPABILITIES",
    "volume": "storage.volume:VOLUME",
    "secret": "secret:SECRET_DOCUMENT",
    "node-device": "node_device:NODE_DEVICE",
    "interface": "interface:INTERFACE",
    "network": "network:NETWORK",
    "network-port": "network.port:NETWORK_PORT",
}
KINDS: tuple[str, ...] = tuple(_MODULES)
"""The names of all kinds of documents."""

_KIND_OF_TAG = {
    "domain": "domain",
    "capabilities": "capabilities",
    "domainCapabilities": "domain-capabilities",
    "filter": "filter",
    "filterbinding": "filter-binding",
    "domainsnapshot": "snapshot",
    "domaincheckpoint": "checkpoint",
    "domainbackup": "backup",
    "pool": "pool",
    "storagepoolCapabilities": "pool-capabilities",
    "volume": "volume",
    "secret": "secret",
    "device": "node-device",
    "interface": "interface",
    "network": "network",
    "networkport": "network-port",
}


def document(kind: str) -> Document[Any]:
    """The kind of document of that name. Raises InvalidArgument for other names."""
    where = _MODULES.get(kind)
    if where is None:
        raise InvalidArgument(
            f"kind: '{kind}' is none of {', '.join(KINDS)}", field="kind", reason="unknown"
        )
    module, _, name = where.partition(":")
    found = getattr(importlib.import_module(f"{__package__}.{module}"), name)
    assert isinstance(found, Document)
    return found


def kind_of(text: str | bytes) -> str:
    """The name of the kind of document that `text` is, by its root. Raises InvalidDocument."""
    from .engine.reader import root_tag

    tag, line = root_tag(text)
    kind = _KIND_OF_TAG.get(tag)
    if kind is None:
        reason = f"no document begins with <{tag}>; expected one of: {', '.join(_KIND_OF_TAG)}"
        raise InvalidDocument(f"line {line}: {reason}", line=line, element=tag, reason=reason)
    return kind
