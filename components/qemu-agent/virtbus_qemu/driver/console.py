"""Consoles of running guests: one client at a time, bytes both ways."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import UUID

from virtbus.agent import Stream
from virtbus.errors import InvalidArgument, InvalidState, VirtbusError
from virtbus.model.domain import Domain
from virtbus.model.domain.devices.character import CharacterDevice
from virtbus_qemu.link import Console


class Consoles:
    """Who has which console."""

    def __init__(self) -> None:
        self._streams: dict[tuple[UUID, str], Stream] = {}

    async def serve(
        self, uuid: UUID, document: Domain, device: str | None, stream: Stream, *, steal: bool
    ) -> None:
        """Connect a client's stream with a guest's console until either side ends it.

        Raises InvalidArgument if there is no such console, InvalidState if it is in use.
        """
        alias, path, is_pty = _find(document, device)
        key = (uuid, alias)
        holder = self._streams.get(key)
        if holder is not None:
            if not steal:
                raise InvalidState(
                    f"console {alias} is in use; ask with steal to take it", state="in use"
                )
            holder.end("cancelled")
        self._streams[key] = stream
        console = Console.open_pty(path) if is_pty else await Console.connect(path)
        try:
            stream.accept()
            await _pump(console, stream)
        finally:
            console.close()
            if self._streams.get(key) is stream:
                del self._streams[key]


async def _pump(console: Console, stream: Stream) -> None:
    """Copy both ways until either side ends."""

    async def to_guest() -> None:
        while data := await stream.read():
            await console.write(data)

    async def to_client() -> None:
        while data := await console.read():
            await stream.write(data)

    tasks = [asyncio.ensure_future(to_guest()), asyncio.ensure_future(to_client())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        if isinstance(error := task.exception(), VirtbusError) and not console.end_reason:
            raise error


def _find(document: Domain, device: str | None) -> tuple[str, str, bool]:
    """Alias and path of a console, and whether it is a pty."""
    known: list[str] = []
    for line in _lines(document):
        alias = line.alias.name if line.alias is not None else ""
        source = line.source
        path = source.path if source is not None else None
        known.append(alias)
        if device in (None, alias) and path and line.type in ("pty", "unix"):
            return alias, path, line.type == "pty"
    what = f"there is no console {device!r}" if device else "the domain has no console"
    raise InvalidArgument(
        f"device: {what} that can be opened; it has {', '.join(known) or 'none'}",
        field="device",
        reason="unknown",
    )


def _lines(document: Domain) -> Iterator[CharacterDevice]:
    yield from document.devices.serials
    yield from document.devices.consoles
