"""Connection URIs, in libvirt's form: `driver[+transport]://[user@][host][:port]/path[?query]`.

A URI names a *route* (which agent) and an *endpoint* (which broker):
`qemu:///system` is route `qemu:///system` at the local broker;
`qemu+tcp://host/system` is the same route at the broker on `host`;
`esx://root@host/` is a route of its own at the local broker, since the agent, not the
client, connects to that host. Source: libvirt's "Connection URIs" (docs/uri.html).
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import msgspec

from .errors import InvalidArgument

_SCHEME = re.compile(r"[a-z][a-z0-9]*(\+[a-z]+)?\Z")
MAX_URI_CHARS = 1024
DEFAULT_PORT = 16580


class Uri(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed connection URI.

    `driver` is the hypervisor ("qemu"); `transport` is "" for a local broker
    or "tcp"; `broker_host` and `broker_port` are set with "tcp" only;
    `route` is the URI as the agent knows it; `query` holds the parameters.
    """

    driver: str
    transport: str
    broker_host: str
    broker_port: int
    route: str
    query: dict[str, str]


def parse_uri(text: str) -> Uri:
    """Read a connection URI; raises InvalidArgument (field "uri") if it is not one."""
    if len(text) > MAX_URI_CHARS:
        raise _invalid(f"longer than {MAX_URI_CHARS} characters")
    if any(ord(character) < 0x21 for character in text):
        raise _invalid("has a space or control character")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _invalid(str(error)) from error
    if not _SCHEME.match(parts.scheme) or not text.startswith(f"{parts.scheme}://"):
        raise _invalid("expected driver[+transport]://[user@][host][:port]/path")
    driver, _, transport = parts.scheme.partition("+")
    if transport not in ("", "tcp"):
        raise _invalid(f"unknown transport {transport!r}; known: tcp")
    if transport and not parts.hostname:
        raise _invalid(f"transport {transport!r} needs a host")
    authority = "" if transport else parts.netloc
    return Uri(
        driver=driver,
        transport=transport,
        broker_host=(parts.hostname or "") if transport else "",
        broker_port=(port or DEFAULT_PORT) if transport else 0,
        route=f"{driver}://{authority}{parts.path}",
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
    )


def _invalid(reason: str) -> InvalidArgument:
    return InvalidArgument(f"not a connection URI: {reason}", field="uri", reason=reason)
