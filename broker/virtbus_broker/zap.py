"""Who may connect: answers libzmq's question for each handshake (ZMQ RFC 27, ZAP).

Over TCP the key decides; a local peer has passed the socket file's mode already. Being asked for
local peers too makes libzmq refuse ZMTP before 3.0, whose peers come without a file descriptor and
can make it abort. Answered in the broker's own loop: zmq.auth would bring a thread, or asyncio.
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
        mechanism = question[5] if len(question) > 5 and question[0] == VERSION else b""
        if mechanism == b"NULL":
            return [VERSION, request_id, b"200", b"OK", b"", b""]
        if mechanism != b"CURVE" or len(question) != 7:
            return [VERSION, request_id, b"500", b"unknown mechanism", b"", b""]
        key = z85.encode(question[6]).decode()
        if self.roles.knows(key):
            return [VERSION, request_id, b"200", b"OK", key.encode(), b""]
        address = question[3].decode(errors="replace")
        self._logger.warning("refused key %s from %s: it is not in the roles file", key, address)
        return [VERSION, request_id, b"400", b"unknown key", b"", b""]
