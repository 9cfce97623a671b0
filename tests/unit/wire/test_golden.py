"""The bytes of every kind of message stay what version 1 says (PROTOCOL.md, section 3)."""

from pathlib import Path

import msgspec
import pytest

from virtbus.errors import ErrorBody
from virtbus.wire.frames import (
    VERSION,
    AgentHello,
    AgentStatus,
    BrokerStatus,
    BrokerWelcome,
    Header,
    Index,
    Kind,
    Presence,
    decode_body,
    decode_header,
    encode_body,
    encode_header,
    make_index,
    split_index,
)

GOLDEN = Path(__file__).parent / "golden"
ID = bytes(range(16))
ROUTE = "qemu:///system"
KEY = "state/domain/4b4c1a2e-7d0b-4f65-9a68-2f6d5a0c1d11"
OTHER_KEY = KEY[:-1] + "2"
TICKET = 2**40 + 7
EPOCH = 1_700_000_000_000

HELLO = AgentHello(
    agent="qemu",
    version="0.1.0",
    pid=4711,
    routes=(ROUTE, "qemu:///session*"),
    operations=("domain.start", "domain.list"),
)
AGENT = AgentStatus(
    agent="qemu",
    version="0.1.0",
    pid=4711,
    routes=(ROUTE,),
    state="present",
    since_ms=EPOCH,
    in_flight=1,
    values=20,
    operations=("domain.list",),
)
STATUS = BrokerStatus(
    version="0.1.0",
    run_id=ID.hex(),
    pid=99,
    started_ms=EPOCH,
    agents=(AGENT,),
    requests=12,
    in_flight=1,
    streams=1,
    dropped={"bad_header": 3},
)
ERROR = ErrorBody(code="agent_gone", message="the agent left", details={"route": ROUTE})
INDEX, BLOB = make_index({KEY: b"\x81\xa1a\x01", OTHER_KEY: b"\x80"})
VALUE = encode_body({"name": "web", "state": "running", "memory_kib": 1048576})

MESSAGES: dict[str, list[bytes]] = {
    "hello": [encode_header(Header(VERSION, Kind.HELLO, ID, epoch=EPOCH)), encode_body(HELLO)],
    "welcome": [
        encode_header(Header(VERSION, Kind.WELCOME, ID, number=2000)),
        encode_body(BrokerWelcome(version="0.1.0")),
    ],
    "request": [
        encode_header(Header(VERSION, Kind.REQUEST, ID, ROUTE, "domain.start", 30_000)),
        encode_body({"domain": "web"}),
    ],
    "request_stamped": [
        encode_header(
            Header(
                VERSION,
                Kind.REQUEST,
                ID,
                ROUTE,
                "domain.start",
                29_999,
                TICKET,
                "uid=1000 gid=1000 pid=77",
                "*:*:*",
            )
        ),
        encode_body({"domain": "web"}),
    ],
    "reply": [
        encode_header(Header(VERSION, Kind.REPLY, number=17, ticket=TICKET, epoch=EPOCH)),
        VALUE,
    ],
    "reply_to_client": [
        encode_header(Header(VERSION, Kind.REPLY, ID, number=17, epoch=EPOCH)),
        VALUE,
    ],
    "reply_stream": [encode_header(Header(VERSION, Kind.REPLY, ID, name="stream")), b""],
    "reply_absent": [encode_header(Header(VERSION, Kind.REPLY, ID, name="absent")), b""],
    "error": [encode_header(Header(VERSION, Kind.ERROR, ID)), encode_body(ERROR)],
    "cancel": [encode_header(Header(VERSION, Kind.CANCEL, ID))],
    "read": [encode_header(Header(VERSION, Kind.READ, ID, ROUTE, KEY))],
    "snapshot": [encode_header(Header(VERSION, Kind.SNAPSHOT, ID, ROUTE, "state/domain/"))],
    "snapshot_reply": [
        encode_header(Header(VERSION, Kind.REPLY, ID, number=17, epoch=EPOCH)),
        INDEX,
        BLOB,
    ],
    "publish": [
        encode_header(Header(VERSION, Kind.PUBLISH, route=ROUTE, name=KEY, number=18, epoch=EPOCH)),
        VALUE,
    ],
    "publish_gone": [
        encode_header(Header(VERSION, Kind.PUBLISH, route=ROUTE, name=KEY, number=19, epoch=EPOCH)),
        b"",
    ],
    "presence": [
        encode_header(Header(VERSION, Kind.PUBLISH, route=ROUTE, name="presence")),
        encode_body(Presence(state="absent", since_ms=EPOCH, reason="bye")),
    ],
    "sync": [
        encode_header(
            Header(VERSION, Kind.SYNC, route=ROUTE, name="state/domain/", number=17, epoch=EPOCH)
        ),
        INDEX,
        BLOB,
    ],
    "data": [encode_header(Header(VERSION, Kind.DATA, ID)), b"", b"login: "],
    "credit": [encode_header(Header(VERSION, Kind.CREDIT, number=65536, ticket=TICKET))],
    "end": [encode_header(Header(VERSION, Kind.END, ID, name="finished")), b""],
    "ping": [encode_header(Header(VERSION, Kind.PING))],
    "pong": [encode_header(Header(VERSION, Kind.PONG))],
    "status": [encode_header(Header(VERSION, Kind.STATUS, ID))],
    "status_reply": [encode_header(Header(VERSION, Kind.REPLY, ID)), encode_body(STATUS)],
    "bye": [encode_header(Header(VERSION, Kind.BYE))],
}


def golden(name: str) -> list[bytes]:
    return [bytes.fromhex(line) for line in (GOLDEN / f"{name}.hex").read_text().split("\n")[:-1]]


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_are_encoded_as_ever(name: str) -> None:
    assert MESSAGES[name] == golden(name)


def test_every_kind_has_its_golden_bytes() -> None:
    seen = {decode_header(frames[0]).kind for frames in map(golden, MESSAGES)}
    assert seen == set(Kind)
    assert {path.stem for path in GOLDEN.glob("*.hex")} == set(MESSAGES)


@pytest.mark.parametrize(
    "name, body",
    [
        ("hello", HELLO),
        ("welcome", BrokerWelcome(version="0.1.0")),
        ("error", ERROR),
        ("status_reply", STATUS),
        ("presence", Presence(state="absent", since_ms=EPOCH, reason="bye")),
        ("sync", Index(keys=(KEY, OTHER_KEY), sizes=(4, 1))),
    ],
)
def test_bodies_are_decoded_as_ever(name: str, body: msgspec.Struct) -> None:
    assert decode_body(golden(name)[1], type(body)) == body


def test_headers_are_decoded_as_ever() -> None:
    header = decode_header(golden("request_stamped")[0])
    assert header == Header(
        1,
        3,
        ID,
        ROUTE,
        "domain.start",
        29_999,
        TICKET,
        "uid=1000 gid=1000 pid=77",
        "*:*:*",
        0,
    )


def test_a_sync_gives_its_values_back() -> None:
    _, index, blob = golden("sync")
    assert split_index(index, blob) == {KEY: b"\x81\xa1a\x01", OTHER_KEY: b"\x80"}
