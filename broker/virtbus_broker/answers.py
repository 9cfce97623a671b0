"""The messages that the broker makes itself, as frames."""

from __future__ import annotations

from virtbus.errors import VirtbusError
from virtbus.wire.frames import (
    VERSION,
    BrokerWelcome,
    Header,
    Kind,
    Presence,
    encode_body,
    encode_header,
    topic_of,
)
from virtbus.wire.sockets import HEARTBEAT_MS

from . import __version__
from .peers import Part, Request

PING = [encode_header(Header(VERSION, Kind.PING))]


def welcome(run_id: bytes) -> list[Part]:
    """The answer to HELLO."""
    header = Header(VERSION, Kind.WELCOME, run_id, number=HEARTBEAT_MS)
    return [encode_header(header), encode_body(BrokerWelcome(version=__version__))]


def welcome_topic(topic: bytes, run_id: bytes) -> list[Part]:
    """What a subscriber of `welcome HEX` gets."""
    return [topic, encode_header(Header(VERSION, Kind.WELCOME, run_id)), b""]


def error(id: bytes, error: VirtbusError) -> list[Part]:
    """A request's outcome, or what was wrong with a message."""
    return [encode_header(Header(VERSION, Kind.ERROR, id)), encode_body(error.to_body())]


def end_to_client(request: Request, reason: str) -> list[Part]:
    """The end of a stream, for the client."""
    return [encode_header(Header(VERSION, Kind.END, request.id, name=reason)), b""]


def end_to_agent(request: Request, reason: str) -> list[Part]:
    """The end of a stream, for the agent."""
    return [encode_header(Header(VERSION, Kind.END, name=reason, ticket=request.ticket)), b""]


def presence(route: str, state: str, since_ms: int, reason: str) -> list[Part]:
    """What subscribers of `ROUTE presence` get."""
    header = Header(VERSION, Kind.PUBLISH, route=route, name="presence")
    body = encode_body(Presence(state=state, since_ms=since_ms, reason=reason))
    return [topic_of(route, "presence"), encode_header(header), body]
