"""A program that speaks QMP badly, each mode in its own way, on a UNIX socket.

`python bad_qmp.py MODE FD` takes the listening socket FD and serves one client:

    silent          accepts and never greets
    hangup          accepts and closes
    not-qmp         greets as a mail server would
    refuses         answers qmp_capabilities with an error
    good            answers `{}` to everything, and echoes the arguments of `echo`
    late            as good, but answers `slow` only after 0.3 s, others meanwhile
    dies            as good, but sends half of the answer to `die`, and is gone
    reply-and-end   as good, but answers `quit` and closes in the same breath
    garbage         as good, but answers `trash` with bytes that are not JSON
    deep            as good, but answers `trash` with arrays nested 200,000 deep
    endless         as good, but answers `trash` with a line that never ends
    bad-event       as good, but answers `trash` with an event whose data is a number
    wrong-error     as good, but answers `trash` with an error that has no description
    flood           as good, but answers `trash` with 20,000 events first
    deaf            as good for `qmp_capabilities`, then never reads again
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

GREETING = {
    "QMP": {
        "version": {"qemu": {"major": 7, "minor": 2, "micro": 0}, "package": ""},
        "capabilities": ["oob"],
    }
}
EVENT = {"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 500_000}}


def serve(mode: str, listener: socket.socket) -> None:
    client, _ = listener.accept()
    listener.close()
    if mode == "hangup":
        return
    if mode == "silent":
        time.sleep(60)
    if mode == "not-qmp":
        client.sendall(b"220 mail.example.org ESMTP\r\n")
        time.sleep(60)
    _send(client, GREETING)
    for message in _messages(client):
        if message["execute"] == "qmp_capabilities":
            _negotiate(client, mode, message.get("id"))
        else:
            _answer(client, mode, message)


def _messages(client: socket.socket) -> Iterator[dict[str, Any]]:
    """QMP is a stream of JSON objects; nothing need stand between them."""
    decoder, text = json.JSONDecoder(), ""
    while data := client.recv(1 << 20):
        text += data.decode()
        while text := text.lstrip():
            try:
                message, end = decoder.raw_decode(text)
            except json.JSONDecodeError:
                break  # the rest is still under way
            text = text[end:]
            yield message


def _negotiate(client: socket.socket, mode: str, identity: str | None) -> None:
    reply: dict[str, Any] = {} if identity is None else {"id": identity}
    if mode == "refuses":
        reply["error"] = {"class": "GenericError", "desc": "not today"}
    else:
        reply["return"] = {}
    _send(client, reply)
    if mode == "deaf":
        time.sleep(60)


def _answer(client: socket.socket, mode: str, message: dict[str, Any]) -> None:
    reply = {"return": message.get("arguments", {}), "id": message["id"]}
    match mode, message["execute"]:
        case "late", "slow":
            threading.Timer(0.3, _send, (client, reply)).start()
            return
        case "dies", "die":
            client.sendall(json.dumps(reply).encode()[:10])
            sys.exit(1)
        case "reply-and-end", "quit":
            _send(client, reply)
            sys.exit(0)
        case "garbage", "trash":
            client.sendall(b"\xff\xfe{{{\r\n")
        case "deep", "trash":
            client.sendall(b"[" * 200_000 + b"\r\n")
        case "endless", "trash":
            while True:
                client.sendall(b"x" * 65_536)
        case "bad-event", "trash":
            _send(client, {**EVENT, "data": 7})
        case "wrong-error", "trash":
            _send(client, {"error": {"class": "GenericError"}, "id": message["id"]})
            return
        case "flood", "trash":
            client.sendall((json.dumps(EVENT) + "\r\n").encode() * 20_000)
    _send(client, reply)


def _send(client: socket.socket, message: dict[str, Any]) -> None:
    client.sendall(json.dumps(message).encode() + b"\r\n")


if __name__ == "__main__":
    serve(sys.argv[1], socket.socket(fileno=int(sys.argv[2])))
