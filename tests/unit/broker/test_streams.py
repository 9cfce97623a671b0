from tests.unit.broker.outlet import Bus
from virtbus.wire.frames import MAX_DATA_BYTES, VERSION, Header, Kind

ID = b"s" * 16


def test_data_and_credit_go_both_ways_by_id_and_ticket() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    ticket = bus.open_stream(client, agent, ID)
    bus.say(agent, Header(VERSION, Kind.DATA, ticket=ticket), b"", b"login: ")
    assert bus.hear_one(client) == (Header(VERSION, Kind.DATA, ID), [b"", b"login: "])
    bus.say(client, Header(VERSION, Kind.CREDIT, ID, number=7))
    assert bus.hear_one(agent) == (Header(VERSION, Kind.CREDIT, number=7, ticket=ticket), [])
    bus.say(client, Header(VERSION, Kind.DATA, ID), b"", b"root\n")
    assert bus.hear_one(agent) == (Header(VERSION, Kind.DATA, ticket=ticket), [b"", b"root\n"])


def test_after_an_end_nothing_passes() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    ticket = bus.open_stream(client, agent, ID)
    bus.say(client, Header(VERSION, Kind.END, ID, name="finished"), b"")
    assert bus.hear_one(agent)[0] == Header(VERSION, Kind.END, name="finished", ticket=ticket)
    bus.say(agent, Header(VERSION, Kind.DATA, ticket=ticket), b"", b"late")
    bus.say(client, Header(VERSION, Kind.DATA, ID), b"", b"late")
    assert bus.hear(client) == bus.hear(agent) == []


def test_a_stream_does_not_expire() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    bus.open_stream(client, agent, ID)
    bus.broker.heartbeat(bus.now_s + 1e6)
    assert ID in client.requests


def test_data_before_the_stream_is_open_is_dropped() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    bus.request(client, ID)
    ticket = bus.hear_one(agent)[0].ticket
    bus.say(client, Header(VERSION, Kind.DATA, ID), b"", b"early")
    bus.say(agent, Header(VERSION, Kind.DATA, ticket=ticket), b"", b"early")
    assert bus.hear(client) == bus.hear(agent) == []
    assert bus.broker.counters.dropped == {"no_stream": 2}


def test_a_gone_agent_ends_its_streams() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    bus.open_stream(client, agent, ID)
    bus.broker.disconnected(agent, bus.now_s)
    assert bus.hear_one(client)[0] == Header(VERSION, Kind.END, ID, name="agent_gone")
    assert client.requests == {}


def test_a_gone_client_ends_its_streams() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    ticket = bus.open_stream(client, agent, ID)
    bus.broker.disconnected(client, bus.now_s)
    assert bus.hear_one(agent)[0] == Header(VERSION, Kind.END, name="client_gone", ticket=ticket)


def test_a_stream_opened_for_a_gone_client_ends() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    bus.request(client, ID)
    ticket = bus.hear_one(agent)[0].ticket
    bus.outlet.unreachable.add(client)
    bus.say(agent, Header(VERSION, Kind.REPLY, name="stream", ticket=ticket), b"")
    assert bus.hear_one(agent)[0] == Header(VERSION, Kind.END, name="client_gone", ticket=ticket)


def test_a_reader_whose_queue_is_full_loses_its_stream_and_is_told_later() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    ticket = bus.open_stream(client, agent, ID)
    bus.outlet.room[client] = 0
    bus.say(agent, Header(VERSION, Kind.DATA, ticket=ticket), b"", b"x")
    assert bus.hear_one(agent)[0] == Header(VERSION, Kind.END, name="slow", ticket=ticket)
    bus.broker.heartbeat(bus.now_s)
    assert bus.hear(client) == []
    bus.outlet.room[client] = 10
    bus.broker.heartbeat(bus.now_s)
    assert bus.hear_one(client)[0] == Header(VERSION, Kind.END, ID, name="slow")


def test_a_data_frame_over_the_limit_ends_the_stream() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    bus.open_stream(client, agent, ID)
    bus.say(client, Header(VERSION, Kind.DATA, ID), b"", b"x" * (MAX_DATA_BYTES + 1))
    assert bus.hear_one(agent)[0].name == "protocol_mismatch"
    assert bus.hear_one(client)[0].name == "protocol_mismatch"


def test_an_id_sent_again_ends_its_earlier_stream() -> None:
    bus = Bus()
    agent, client = bus.agent(), bus.peer()
    ticket = bus.open_stream(client, agent, ID)
    bus.request(client, ID)
    (end, _), (again, _) = bus.hear(agent)
    assert (end.kind, end.ticket, end.name) == (Kind.END, ticket, "cancelled")
    assert again.kind == Kind.REQUEST
