"""Who may connect over TCP: answers libzmq's question for each handshake (ZMQ RFC 27, ZAP).

Answered in the broker's own loop; zmq.auth would bring a thread, or asyncio, for these few lines.
"""

from __future__ import annotations

import logging
from typing import Any

import zmq
from zmq.utils import z85

from .doors import has_input
from .keys import Roles

ENDPOINT = "inproc://zeromq.zap.01"
VERSION = b"1.0"
_FRAMES = 7


class Authenticator:
    """The ZAP handler of a context; must be there before a CURVE socket is bound."""

    def __init__(self, context: zmq.Context[Any], roles: Roles, logger: logging.Logger) -> None:
        self.roles = roles
        self._logger = logger
        self.socket = context.socket(zmq.REP)
        self.socket.linger = 0
        self.socket.bind(ENDPOINT)

    def answer_all(self) -> None:
        """Answer every question that is waiting."""
        while has_input(self.socket):
            self.socket.send_multipart(self._answer(self.socket.recv_multipart()))

    def _answer(self, question: list[bytes]) -> list[bytes]:
        request_id = question[1] if len(question) > 1 else b""
        if len(question) != _FRAMES or question[0] != VERSION or question[5] != b"CURVE":
            return [VERSION, request_id, b"500", b"not a CURVE handshake", b"", b""]
        key = z85.encode(question[6]).decode()
        if self.roles.knows(key):
            return [VERSION, request_id, b"200", b"OK", key.encode(), b""]
        address = question[3].decode(errors="replace")
        self._logger.warning("refused key %s from %s: it is not in the roles file", key, address)
        return [VERSION, request_id, b"400", b"unknown key", b"", b""]
