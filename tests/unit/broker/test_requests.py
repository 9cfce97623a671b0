from tests.unit.broker.outlet import FIRST_TICKET, ROUTE, Bus
from virtbus.errors import ErrorBody
from virtbus.wire.frames import VERSION, Header, Kind, decode_body
from virtbus_broker.peers import Door, Peer
from virtbus_broker.pending import FORGET_AFTER_S, GONE_CLIENT_S, MAX_PER_CLIENT

ID = b"i" * 16


def error_of(bus: Bus, peer: Peer) -> ErrorBody:
    header, frames = bus.hear_one(peer)
    assert header.kind == Kind.ERROR
    return decode_body(frames[0], ErrorBody)


def reply(bus: Bus, agent: Peer, ticket: int, number: int = 0, epoch: int = 0) -> None:
    header = Header(VERSION, Kind.REPLY, number=number, ticket=ticket, epoch=epoch)
    bus.say(agent, header, b"answer", b"more")


def test_a_request_is_stamped_and_its_reply_finds_the_client() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer(Door.READ_ONLY)
    lie = Header(VERSION, Kind.REQUEST, ID, ROUTE, "domain.list", 1000, 5, "root", "*:*:*", 9)
    bus.say(client, lie, b"\x80", b"data")
    asked, frames = bus.hear_one(agent)
    assert asked == Header(
        VERSION, Kind.REQUEST, ID, ROUTE, "domain.list", 1000, FIRST_TICKET, "uid=2", "read:*:*"
    )
    assert frames == [b"\x80", b"data"]
    reply(bus, agent, asked.ticket, number=7, epoch=3)
    assert bus.hear_one(client) == (
        Header(VERSION, Kind.REPLY, ID, number=7, epoch=3),
        [b"answer", b"more"],
    )


def test_a_second_reply_is_dropped() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    bus.request(client, ID)
    reply(bus, agent, FIRST_TICKET)
    reply(bus, agent, FIRST_TICKET)
    assert len(bus.hear(client)) == 1
    assert bus.broker.counters.dropped == {"unknown_ticket": 1}


def test_an_agent_cannot_answer_for_another() -> None:
    bus = Bus()
    bus.agent()
    other, client = bus.agent("lxc:///system", id=b"B" * 16), bus.peer()
    bus.request(client, ID)
    reply(bus, other, FIRST_TICKET)
    assert bus.hear(client) == []


def test_no_agent_is_an_answer_that_names_those_present() -> None:
    bus = Bus()
    bus.agent()
    client = bus.peer()
    bus.request(client, ID, route="qemu:///system")
    error = error_of(bus, client)
    assert error.code == "no_such_agent"
    assert error.details == {"route": "qemu:///system", "present": [ROUTE]}


def test_a_request_without_id_or_deadline_is_refused() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    bus.request(client, b"")
    assert error_of(bus, client).code == "invalid_argument"
    bus.request(client, ID, deadline_ms=0)
    assert error_of(bus, client).code == "invalid_argument"
    assert bus.hear(agent) == []


def test_a_client_has_so_many_in_flight_and_another_is_not_touched() -> None:
    bus = Bus()
    agent, client, other = bus.agent(), bus.peer(), bus.peer()
    for number in range(MAX_PER_CLIENT):
        bus.request(client, b"%016d" % number)
    assert bus.hear(client) == []
    bus.request(client, ID)
    assert error_of(bus, client).code == "overloaded"
    bus.request(other, ID)
    assert bus.hear(other) == []
    reply(bus, agent, FIRST_TICKET)
    bus.hear(client)
    bus.request(client, ID)
    assert bus.hear(client) == []


def test_a_full_agent_is_overloaded_at_once() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    bus.outlet.room[agent] = 0
    bus.request(client, ID)
    error = error_of(bus, client)
    assert error.code == "overloaded"
    assert error.details["retry_after_ms"]
    assert client.requests == {}


def test_replies_to_slow_and_gone_clients_are_dropped_and_counted() -> None:
    bus = Bus()
    agent, slow, gone = bus.agent(), bus.peer(), bus.peer()
    bus.request(slow, ID)
    bus.request(gone, ID)
    bus.outlet.room[slow] = 0
    bus.outlet.unreachable.add(gone)
    reply(bus, agent, FIRST_TICKET)
    reply(bus, agent, FIRST_TICKET + 1)
    assert bus.broker.counters.dropped == {"peer_slow": 1, "peer_gone": 1}
    assert slow.requests == gone.requests == {}


def test_a_request_is_forgotten_after_its_deadline_and_not_before() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    bus.request(client, ID, deadline_ms=1000)
    bus.broker.heartbeat(bus.now_s + 1 + FORGET_AFTER_S - 0.1)
    assert ID in client.requests
    bus.broker.heartbeat(bus.now_s + 1 + FORGET_AFTER_S)
    assert client.requests == {}
    bus.hear(agent)
    reply(bus, agent, FIRST_TICKET)
    assert bus.hear(client) == []
    assert bus.broker.counters.dropped == {"expired": 1, "unknown_ticket": 1}


def test_a_gone_clients_requests_wait_a_while_for_it() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    bus.request(client, ID, deadline_ms=3_600_000)
    bus.broker.disconnected(client, bus.now_s)
    bus.broker.heartbeat(bus.now_s + GONE_CLIENT_S - 1)
    assert ID in client.requests
    bus.broker.heartbeat(bus.now_s + GONE_CLIENT_S)
    assert client.requests == {}
    assert agent.agent is not None
    assert agent.agent.in_flight == {}


def test_a_request_sent_again_has_one_outcome_by_its_newest_ticket() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    bus.request(client, ID)
    bus.request(client, ID)
    old, new = (header.ticket for header, _ in bus.hear(agent))
    reply(bus, agent, old)
    assert bus.hear(client) == []
    reply(bus, agent, new)
    assert bus.hear_one(client)[0].id == ID


def test_a_cancel_is_passed_on_by_ticket() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    bus.request(client, ID)
    bus.hear(agent)
    bus.say(client, Header(VERSION, Kind.CANCEL, ID))
    assert bus.hear_one(agent)[0] == Header(VERSION, Kind.CANCEL, ticket=FIRST_TICKET)
    bus.say(client, Header(VERSION, Kind.CANCEL, b"u" * 16))
    assert bus.broker.counters.dropped == {"unknown_id": 1}


def test_requests_in_flight_are_answered_when_their_agent_goes() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    bus.request(client, ID)
    bus.broker.disconnected(agent, bus.now_s)
    assert error_of(bus, client).code == "agent_gone"
    bus.request(client, ID)
    assert error_of(bus, client).code == "no_such_agent"


def test_a_ping_is_answered() -> None:
    bus = Bus()
    client = bus.peer()
    bus.say(client, Header(VERSION, Kind.PING, ID))
    assert bus.hear_one(client)[0] == Header(VERSION, Kind.PONG, ID)
