"""The console over a socket and over a pty: flow both ways, bounded, with an end."""

import asyncio
import os
import socket
import tty
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from virtbus.errors import HypervisorFailed, InvalidArgument, InvalidState
from virtbus_qemu.link.console import Console
from virtbus_qemu.link.process import listen


def run(case: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await case()

    asyncio.run(bounded())


async def connected(directory: Path) -> tuple[Console, socket.socket]:
    with listen(directory / "serial") as listener:
        console = await Console.connect(str(directory / "serial"))
        guest, _ = listener.accept()
        return console, guest


def test_both_ways_and_the_end_of_a_socket(tmp_path: Path) -> None:
    async def case() -> None:
        console, guest = await connected(tmp_path)
        with guest:
            reading = asyncio.create_task(console.read())
            await asyncio.sleep(0)
            guest.sendall(b"hello")
            assert await reading == b"hello"
            guest.sendall(b"many words")
            assert [await console.read(5), await console.read(5)] == [b"many ", b"words"]
            await console.write(b"root\n")
            assert guest.recv(100) == b"root\n"
            guest.sendall(b"bye")
        assert [await console.read(), await console.read()] == [b"bye", b""]
        assert console.end_reason == "the guest's end closed"
        with pytest.raises(InvalidState, match="ended"):
            await console.write(b"anybody?")

    run(case)


def test_a_guest_that_reads_nothing_holds_the_writer_not_the_memory(tmp_path: Path) -> None:
    async def case() -> None:
        console, guest = await connected(tmp_path)
        data = os.urandom(1024 * 1024)
        with guest:
            writing = asyncio.create_task(console.write(data))
            await asyncio.sleep(0.05)
            assert not writing.done()
            loop, received = asyncio.get_running_loop(), b""
            guest.setblocking(False)
            while len(received) < len(data):
                received += await loop.sock_recv(guest, 65_536)
            assert received == data
            await writing
        console.close()

    run(case)


def test_closing_wakes_reader_and_writer(tmp_path: Path) -> None:
    async def case() -> None:
        console, guest = await connected(tmp_path)
        with guest:
            reading = asyncio.create_task(console.read())
            writing = asyncio.create_task(console.write(bytes(1024 * 1024)))
            await asyncio.sleep(0.01)
            with pytest.raises(RuntimeError, match="another task"):
                await console.read()
            console.close("the guest was destroyed")
            assert await reading == b""
            with pytest.raises(InvalidState, match="the guest was destroyed"):
                await writing
            console.close()
            assert console.end_reason == "the guest was destroyed"
            assert guest.recv(1024 * 1024)  # and then the end
            os.fstat(guest.fileno())

    run(case)


def test_a_cancelled_read_loses_nothing(tmp_path: Path) -> None:
    async def case() -> None:
        console, guest = await connected(tmp_path)
        with guest:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(console.read(), 0.01)
            guest.sendall(b"still here")
            assert await console.read() == b"still here"
        console.close()

    run(case)


def test_a_pty_both_ways_and_its_end() -> None:
    async def case() -> None:
        master, slave = os.openpty()
        tty.setraw(slave)
        console = Console.open_pty(os.ttyname(slave))
        os.close(slave)
        os.write(master, b"login: ")
        assert await console.read() == b"login: "
        await console.write(b"root\n")
        assert os.read(master, 100) == b"root\n"
        reading = asyncio.create_task(console.read())
        await asyncio.sleep(0)
        os.close(master)
        assert await reading == b""
        assert console.end_reason

    run(case)


def test_what_is_no_console_is_refused(tmp_path: Path) -> None:
    async def case() -> None:
        for path in ("/dev/tty", "/dev/pts/../null", "/etc/passwd", "/dev/pts/1\n"):
            with pytest.raises(InvalidArgument, match="not a pty"):
                Console.open_pty(path)
        with pytest.raises(HypervisorFailed, match="No such file"):
            Console.open_pty("/dev/pts/999999999")
        with pytest.raises(HypervisorFailed, match="No such file"):
            await Console.connect(str(tmp_path / "none"))

    run(case)
