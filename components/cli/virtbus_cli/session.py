"""What the options before or behind a command's name say, and the connection they lead to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from uuid import UUID

    from virtbus import Connection, Domain

CONNECT_S = 5.0
PREFERRED = ("qemu:///system", "qemu:///session", "test:///default")


class Session:
    """The choices of one run of the command; `connect` acts on them."""

    def __init__(self) -> None:
        self.uri: str | None = None
        self.broker: str | None = None
        self.deadline_s: float | None = None
        self.readonly = False
        self.json = False

    def connect(self) -> Connection:
        """A connection to the agent that was named, else to the first of those that are there.

        Raises NoSuchAgent if none was named and none is there, NotConnected without a broker.
        """
        import virtbus

        return virtbus.connect(
            self.uri or os.environ.get("VIRTBUS_URI") or self._default_uri(),
            endpoint=self.broker,
            readonly=self.readonly,
            deadline_s=self.deadline_s,
            connect_s=self.connect_s,
        )

    @property
    def connect_s(self) -> float:
        """How long the broker may take to answer."""
        return CONNECT_S if self.deadline_s is None else min(CONNECT_S, self.deadline_s)

    def _default_uri(self) -> str:
        import virtbus
        from virtbus.errors import NoSuchAgent

        agents = virtbus.status(self.broker, deadline_s=self.connect_s).agents
        routes = [route for agent in agents for route in agent.routes if not route.endswith("*")]
        found = next((uri for uri in (*PREFERRED, *routes) if uri in routes), None)
        if found is None:
            raise NoSuchAgent("the broker is there, but no agent is", route="", present=[])
        return found


def session_of(context: click.Context) -> Session:
    """The one session of this run."""
    return context.ensure_object(Session)


def find_domain(conn: Connection, word: str) -> Domain:
    """The domain that a word names: by UUID, by runtime id, else by name.

    A word that could be more than one of these is tried in that order. Raises NoSuchDomain.
    """
    from virtbus.errors import NoSuchDomain

    uuid = _as_uuid(word)
    if uuid is not None:
        try:
            return conn.lookup_domain(uuid=uuid)
        except NoSuchDomain:
            pass  # it may be somebody's name
    elif word.isascii() and word.isdecimal() and len(word) < 10:
        try:
            return conn.lookup_domain(id=int(word))
        except NoSuchDomain:
            pass  # it may be somebody's name
    return conn.lookup_domain(name=word)


def _as_uuid(word: str) -> UUID | None:
    from uuid import UUID

    if len(word) not in (32, 36):
        return None
    try:
        return UUID(word)
    except ValueError:
        return None
