"""An agent of thirty lines, to be killed and stopped: it answers all but `domain.start`."""

import os
import sys

import zmq

from virtbus.wire.frames import (
    VERSION,
    AgentHello,
    Header,
    Kind,
    decode_header,
    encode_body,
    encode_header,
    make_index,
)
from virtbus.wire.sockets import Role, open_socket


def main() -> None:
    """Register, publish one value of each route, and answer until killed."""
    endpoint, id, *routes = sys.argv[1:]
    socket = open_socket(zmq.Context(), Role.AGENT)
    socket.connect(endpoint)
    hello = AgentHello(
        agent="small", version="1", pid=os.getpid(), routes=tuple(routes), operations=()
    )
    socket.send_multipart(
        [encode_header(Header(VERSION, Kind.HELLO, id.encode(), epoch=1)), encode_body(hello)]
    )
    assert decode_header(socket.recv_multipart()[0]).kind == Kind.WELCOME
    for route in routes:
        name = "state/domain/"
        sync = Header(VERSION, Kind.SYNC, route=route, name=name, number=1, epoch=1)
        socket.send_multipart([encode_header(sync), *make_index({"state/domain/a": b"\x80"})])
    print("welcome", flush=True)  # noqa: T201  # tells the test
    while True:
        asked = decode_header(socket.recv_multipart()[0])
        if asked.kind == Kind.PING:
            socket.send_multipart([encode_header(Header(VERSION, Kind.PONG))])
        elif asked.kind == Kind.REQUEST and asked.name != "domain.start":
            answer = Header(VERSION, Kind.REPLY, ticket=asked.ticket, epoch=1)
            socket.send_multipart([encode_header(answer), b"\x80"])


if __name__ == "__main__":
    main()
