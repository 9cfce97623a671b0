"""The document of a network."""

from __future__ import annotations

from ..engine import walk
from ..engine.document import Document
from .root import Network

__all__ = ["NETWORK", "Network", "apply_network_defaults"]

NETWORK = Document("network", Network)


def apply_network_defaults(network: Network, *, uuid: str) -> None:
    """Fill in what the document leaves out; `uuid` is used when it has none."""
    walk.defaults("network", network)
    network.uuid = network.uuid or uuid
