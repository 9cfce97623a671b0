"""An outlet in memory, with the bounded queues that sockets have, and peers that speak frames."""

from collections.abc import Sequence

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
from virtbus.wire.grants import ALL, READ_ONLY
from virtbus_broker.core import Broker
from virtbus_broker.peers import Delivery, Door, Part, Peer, bytes_of

ROUTE = "test:///default"
RUN_ID = b"R" * 16
FIRST_TICKET = 1000


class MemoryOutlet:
    """Keeps what was sent, by peer, and what was published; a queue holds `room` messages."""

    def __init__(self) -> None:
        self.queues: dict[Peer, list[list[bytes]]] = {}
        self.unreachable: set[Peer] = set()
        self.room: dict[Peer, int] = {}
        self.published: list[list[bytes]] = []

    def send(self, peer: Peer, frames: Sequence[Part]) -> Delivery:
        queue = self.queues.setdefault(peer, [])
        if peer in self.unreachable:
            return Delivery.UNREACHABLE
        if len(queue) >= self.room.get(peer, 10_000):
            return Delivery.FULL
        queue.append([bytes_of(part) for part in frames])
        return Delivery.SENT

    def publish(self, frames: Sequence[Part]) -> None:
        self.published.append([bytes_of(part) for part in frames])

    def topics(self) -> list[str]:
        return [frames[0].decode() for frames in self.published]


class Bus:
    """A broker's core, and a clock."""

    def __init__(self) -> None:
        self.outlet = MemoryOutlet()
        self.broker = Broker(self.outlet, RUN_ID, FIRST_TICKET, 0)
        self.now_s = 100.0
        self._made = 0

    def peer(self, door: Door = Door.READ_WRITE, grants: str | None = None) -> Peer:
        self._made += 1
        if grants is None:
            grants = ALL if door is Door.READ_WRITE else READ_ONLY
        return Peer(door, b"v%016d" % self._made, f"uid={self._made}", grants)

    def say(self, peer: Peer, header: Header, *rest: bytes) -> None:
        self.broker.receive(peer, [encode_header(header), *rest], self.now_s)

    def hear(self, peer: Peer) -> list[tuple[Header, list[bytes]]]:
        """What has come for the peer since the last call."""
        queue = self.outlet.queues.get(peer, [])
        heard = [(decode_header(frames[0]), frames[1:]) for frames in queue]
        queue.clear()
        return heard

    def hear_one(self, peer: Peer) -> tuple[Header, list[bytes]]:
        heard = self.hear(peer)
        assert len(heard) == 1, heard
        return heard[0]

    def agent(self, *routes: str, id: bytes = b"A" * 16, epoch: int = 1) -> Peer:
        """An agent that has been welcomed."""
        peer = self.peer()
        self.hello(peer, *routes, id=id, epoch=epoch)
        assert self.hear_one(peer)[0].kind == Kind.WELCOME
        return peer

    def hello(self, peer: Peer, *routes: str, id: bytes = b"A" * 16, epoch: int = 1) -> None:
        hello = AgentHello(
            agent="test", version="1", pid=1, routes=routes or (ROUTE,), operations=("domain.list",)
        )
        self.say(peer, Header(VERSION, Kind.HELLO, id, epoch=epoch), encode_body(hello))

    def sync(
        self,
        agent: Peer,
        values: dict[str, bytes],
        number: int = 1,
        epoch: int = 1,
        kind: str = "domain",
    ) -> None:
        name = f"state/{kind}/"
        header = Header(VERSION, Kind.SYNC, route=ROUTE, name=name, number=number, epoch=epoch)
        self.say(agent, header, *make_index(values))

    def publish(self, agent: Peer, key: str, value: bytes, number: int, epoch: int = 1) -> None:
        header = Header(VERSION, Kind.PUBLISH, route=ROUTE, name=key, number=number, epoch=epoch)
        self.say(agent, header, value)

    def request(self, client: Peer, id: bytes, route: str = ROUTE, deadline_ms: int = 1000) -> None:
        header = Header(VERSION, Kind.REQUEST, id, route, "domain.list", deadline_ms)
        self.say(client, header, b"\x80", b"data")

    def open_stream(self, client: Peer, agent: Peer, id: bytes) -> int:
        """A stream of the client; returns the ticket."""
        self.request(client, id)
        ticket = self.hear_one(agent)[0].ticket
        self.say(agent, Header(VERSION, Kind.REPLY, name="stream", ticket=ticket), b"")
        assert self.hear_one(client)[0].name == "stream"
        return ticket
