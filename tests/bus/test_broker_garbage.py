"""Strangers at the broker's sockets: bytes that are no ZMTP, half of it, or far too much of it."""

import os
import socket
import struct
import time
from contextlib import suppress

import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bus.broker_process import ROUTE, WAIT_S, Bus, running_bus
from virtbus.wire.frames import MAX_FRAME_BYTES, VERSION, Header, Kind, encode_header

# ZMTP 3.0 (RFC 23): signature, version, mechanism NULL, as-server, filler; then READY of a DEALER.
SIGNATURE = b"\xff" + b"\0" * 7 + b"\x01" + b"\x7f"
GREETING = SIGNATURE + b"\x03\x00" + b"NULL".ljust(20, b"\0") + b"\0" * 32
PROPERTIES = b"\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"
IDENTITY = b"\x08Identity\x00\x00\x00\x11v"


def ready(routing_id: bytes) -> bytes:
    properties = PROPERTIES + IDENTITY + routing_id
    return b"\x04" + bytes([len(properties)]) + properties


READY = ready(b"r" * 16)
LONG_FRAME = b"\x02"
LONG_MORE_FRAME = b"\x03"
MEGABYTE = 1024 * 1024
DOORS = ("requests", "requests-ro", "updates")


def raw(bus: Bus, name: str) -> socket.socket:
    stranger = socket.socket(socket.AF_UNIX)
    stranger.settimeout(WAIT_S)
    try:
        stranger.connect(str(bus.broker.run_dir / name))
    except OSError:
        stranger.close()
        raise
    return stranger


def handshaken(bus: Bus, name: str) -> socket.socket:
    """A stranger that has got past the handshake, as its answered PING shows."""
    stranger = raw(bus, name)
    ping = encode_header(Header(VERSION, Kind.PING, b"i" * 16))
    hear_until(stranger, b"Socket-Type", GREETING + ready(os.urandom(16)))
    hear_until(stranger, b"i" * 16, b"\x00" + bytes([len(ping)]) + ping)
    return stranger


def hear_until(stranger: socket.socket, awaited: bytes, said: bytes) -> None:
    """Say something, and read until what is awaited has come."""
    stranger.sendall(said)
    heard = b""
    while awaited not in heard:
        more = stranger.recv(4096)
        assert more, "the broker has closed the connection"
        heard += more


def is_closed_by_peer(stranger: socket.socket) -> bool:
    """Read until the end; False if none comes in time."""
    try:
        while stranger.recv(65_536):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


def still_serves(bus: Bus) -> bool:
    return bus.peer().ask(Kind.PING)[0].kind == Kind.PONG


def throw(bus: Bus, name: str, thrown: bytes) -> None:
    """Connect, send, leave; that the broker closes first is fine."""
    with raw(bus, name) as stranger, suppress(BrokenPipeError, ConnectionResetError):
        stranger.sendall(thrown)


def test_half_greetings_and_old_protocols_change_nothing() -> None:
    with running_bus() as bus:
        assert still_serves(bus)
        before_kib = bus.broker.pss_kib
        for name in DOORS:
            for length in range(len(GREETING + READY)):
                throw(bus, name, (GREETING + READY)[:length])
            for version in range(3):
                throw(bus, name, SIGNATURE + bytes([version, 5]) + b"\0\0" + b"\0\x03abc" * 100)
            for _ in range(200):
                throw(bus, name, b"\x03\x00ab" + b"\x02\x00x" * 20)
        assert still_serves(bus)
        assert "defect" not in bus.broker.log
        assert bus.broker.pss_kib - before_kib < 4096


@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(
    begin=st.sampled_from([b"", SIGNATURE, GREETING, GREETING + READY]),
    ends=st.lists(st.binary(min_size=1, max_size=300), min_size=20, max_size=60),
)
def test_random_bytes_change_nothing(begin: bytes, ends: list[bytes]) -> None:
    with running_bus() as bus:
        for name in DOORS:
            for end in ends:
                throw(bus, name, begin + end)
        assert still_serves(bus)
        assert "defect" not in bus.broker.log


def test_a_frame_over_the_limit_ends_the_connection_before_memory_is_taken() -> None:
    with running_bus() as bus:
        assert still_serves(bus)
        before_kib = bus.broker.pss_kib
        for size in (MAX_FRAME_BYTES + 1, 2**40, 2**63 - 1):
            with handshaken(bus, "requests") as stranger:
                stranger.sendall(LONG_FRAME + struct.pack(">Q", size))
                assert is_closed_by_peer(stranger)
        assert still_serves(bus)
        assert bus.broker.pss_kib - before_kib < 4096


def test_a_frame_that_stays_unfinished_hurts_nobody() -> None:
    with running_bus() as bus:
        strangers = [handshaken(bus, "requests-ro") for _ in range(20)]
        for stranger in strangers:
            stranger.sendall(LONG_FRAME + struct.pack(">Q", MEGABYTE) + b"x")
        assert still_serves(bus)
        for stranger in strangers:
            stranger.close()
        assert still_serves(bus)


def test_a_peer_whose_id_can_be_guessed_is_not_heard() -> None:
    with running_bus() as bus:
        client = bus.peer()
        for routing_id in (b"", b"v", b"client", b"w" * 17):
            with bus.context.socket(zmq.DEALER) as stranger:
                stranger.linger = 0
                stranger.rcvtimeo = 100
                if routing_id:
                    stranger.routing_id = routing_id
                stranger.connect(f"ipc://{bus.broker.run_dir}/requests-ro")
                stranger.send(encode_header(Header(VERSION, Kind.PING, b"i" * 16)))
                with pytest.raises(zmq.Again):
                    stranger.recv()
        assert client.status().dropped == {"bad_routing_id": 4}


def test_a_message_of_many_frames_is_refused_as_a_whole() -> None:
    with running_bus() as bus:
        client = bus.peer()
        header = encode_header(Header(VERSION, Kind.PING, b"i" * 16))
        client.socket.send_multipart([header, *[b""] * 1000])
        assert client.hear_error().code == "protocol_mismatch"
        assert client.status().dropped == {"bad_header": 1}


def test_the_largest_frames_pass_uncut_and_deep_bodies_unread() -> None:
    with running_bus() as bus:
        agent, client = bus.peer(), bus.peer()
        agent.hello()
        deep, large = b"\x91" * 1_000_000, os.urandom(MAX_FRAME_BYTES)
        header = Header(VERSION, Kind.REQUEST, b"i" * 16, ROUTE, "volume.upload", 60_000)
        client.say(header, deep, large)
        asked, frames = agent.hear()
        assert frames == [deep, large]
        agent.say(Header(VERSION, Kind.REPLY, ticket=asked.ticket), large, deep)
        assert client.hear()[1] == [large, deep]


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(messages=st.lists(st.lists(st.binary(max_size=60), min_size=1, max_size=12), max_size=20))
def test_any_frames_from_any_door_are_survived(messages: list[list[bytes]]) -> None:
    with running_bus() as bus:
        for name in DOORS[:2]:
            stranger = bus.peer(name)
            for frames in messages:
                stranger.socket.send_multipart(frames)
            stranger.say(Header(VERSION, Kind.PING, b"e" * 16))
            while (heard := stranger.hear())[0].kind != Kind.PONG:
                assert heard[0].kind == Kind.ERROR
        assert bus.peer().status().dropped.get("bad_header", 0) <= 2 * len(messages)


def test_an_endless_message_is_held_by_libzmq_and_freed_with_its_connection() -> None:
    """libzmq bounds a frame, not how many make a message: the service's memory limit must."""
    with running_bus() as bus:
        assert still_serves(bus)
        before_kib = bus.broker.pss_kib
        with handshaken(bus, "requests-ro") as stranger:
            frame = LONG_MORE_FRAME + struct.pack(">Q", MEGABYTE) + b"x" * MEGABYTE
            for _ in range(32):
                stranger.sendall(frame)
            assert still_serves(bus)
            assert bus.broker.pss_kib - before_kib > 16 * 1024
        until_s = time.monotonic() + WAIT_S
        while bus.broker.pss_kib - before_kib > 8192:
            assert time.monotonic() < until_s, "its memory is not given back"
            time.sleep(0.05)
        assert still_serves(bus)
