"""A runtime on one route without a broker: what its link would send is kept in a list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from virtbus.agent import AgentSettings, Host
from virtbus.agent.logs import get_log
from virtbus.agent.publish import feeds_of
from virtbus.agent.store import Store
from virtbus.directories import Directories
from virtbus.wire.frames import Header, split_message

ROUTE = "test:///default"


class Sent:
    """The far end of a Feed: takes all, or, when `full`, nothing that may be dropped."""

    def __init__(self) -> None:
        self.messages: list[tuple[Header, bytes, list[bytes]]] = []
        self.full = False

    def send(self, frames: list[bytes]) -> bool:
        if self.full:
            return False
        self.keep(frames)
        return True

    def keep(self, frames: list[bytes]) -> None:
        self.messages.append(split_message(frames))

    def named(self, prefix: str) -> list[tuple[Header, bytes, list[bytes]]]:
        return [each for each in self.messages if each[0].name.startswith(prefix)]


def make_host(
    folder: Path, store: Store, sent: Sent, *, route: str = ROUTE, **settings: Any
) -> Host[AgentSettings]:
    """A Host as a driver gets it; the caller closes the store."""
    paths = {key: folder / key for key in Directories.__struct_fields__}
    return Host(
        route=route,
        version="1",
        settings=AgentSettings(**settings),
        directories=Directories(**paths),
        store=store,
        feeds=feeds_of(route, 1, sent.send, sent.keep),
        log=get_log(),
    )
