"""<dns>: what the network's own name server knows."""

import re
from collections.abc import Iterator
from typing import Annotated

from msgspec import field

from ..engine.declare import Attr, Children, Element, Name, Needed, Values
from ..engine.values import UInt, YesNo
from ..net.addresses import IpAddress

MAX_SERVICE_LENGTH = 482
"""Bytes that are left of 512 by the rest of a record."""

_SERVICE = re.compile(r"[a-zA-Z0-9_+/*-]*", re.ASCII)
_PROTOCOL = re.compile(r"[a-zA-Z0-9+/-]*", re.ASCII)


class DnsForwarder(Element):
    """<forwarder>: the server to ask, about one domain or all."""

    domain: Attr[str] = None
    addr: Attr[IpAddress] = None

    def problems(self) -> Iterator[str]:
        """It says something."""
        if self.domain is None and self.addr is None:
            yield "at least one of 'addr' and 'domain' is needed"


class DnsText(Element, kw_only=True):
    """<txt>: a TXT record."""

    name: Needed[str]
    value: Attr[str] = None

    @property
    def is_whole(self) -> bool:
        """Whether it can stand in a network, and not only tell which record is meant."""
        return self.value is not None

    def problems(self) -> Iterator[str]:
        """The name has no separators."""
        if " " in self.name or "," in self.name:
            yield f"the name '{self.name}' must have neither a space nor a comma"


class DnsService(Element):
    """<srv>: an SRV record; `port`, `priority` and `weight` of the target."""

    service: Attr[str] = None
    protocol: Attr[str] = None
    domain: Attr[str] = None
    target: Attr[str] = None
    port: Attr[UInt] = None
    priority: Attr[UInt] = None
    weight: Attr[UInt] = None

    @property
    def is_whole(self) -> bool:
        """Whether it can stand in a network, and not only tell which record is meant."""
        return self.service is not None and self.protocol is not None

    def defaults(self) -> None:
        """0 is the default of priority and weight."""
        if self.target is not None:
            self.priority = self.priority or None
            self.weight = self.weight or None

    def problems(self) -> Iterator[str]:
        """Characters and numbers that a record can have."""
        if self.service is not None:
            if len(self.service.encode()) > MAX_SERVICE_LENGTH:
                yield f"a service has at most {MAX_SERVICE_LENGTH} bytes"
            if not _SERVICE.fullmatch(self.service):
                yield f"service '{self.service}' has a character it cannot have"
        if self.protocol is not None and not _PROTOCOL.fullmatch(self.protocol):
            yield f"protocol '{self.protocol}' has a character it cannot have"
        for name in ("port", "priority", "weight"):
            value = getattr(self, name)
            if value is not None and self.target is None:
                yield f"'{name}' needs a 'target'"
            elif value is not None and not (name == "port") <= value <= 65535:
                yield f"{name} {value} is out of bounds"


class DnsHost(Element):
    """<host>: the names of an address."""

    ip: Attr[IpAddress] = None
    hostnames: Annotated[Values[str], Name("hostname")] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether it can stand in a network, and not only tell which record is meant."""
        return self.ip is not None and bool(self.hostnames)

    def problems(self) -> Iterator[str]:
        """No empty names."""
        if "" in self.hostnames:
            yield "a host name is empty"


class Dns(Element):
    """<dns>."""

    enable: Attr[YesNo] = None
    forward_plain_names: Annotated[Attr[YesNo], Name("forwardPlainNames")] = None
    forwarders: Annotated[Children[DnsForwarder], Name("forwarder")] = field(default_factory=list)
    texts: Annotated[Children[DnsText], Name("txt")] = field(default_factory=list)
    services: Annotated[Children[DnsService], Name("srv")] = field(default_factory=list)
    hosts: Annotated[Children[DnsHost], Name("host")] = field(default_factory=list)

    @property
    def records(self) -> int:
        """How many entries there are of all kinds."""
        return len(self.forwarders) + len(self.texts) + len(self.services) + len(self.hosts)

    @property
    def says_nothing(self) -> bool:
        """Whether the default is meant."""
        return self.enable is None and self.forward_plain_names is None and not self.records

    def problems(self) -> Iterator[str]:
        """Records are whole, and there are none where there is no server."""
        if self.enable is False and self.records:
            yield "a name server that is not enabled takes no records"
        if not all(host.is_whole for host in self.hosts):
            yield "<host> needs an 'ip' and a <hostname>"
        if not all(service.is_whole for service in self.services):
            yield "<srv> needs a 'service' and a 'protocol'"
        if not all(text.is_whole for text in self.texts):
            yield "<txt> needs a 'value'"
