"""The broker's one thread: waits for its sockets, and hands what comes to the core."""

from __future__ import annotations

import logging
import os
import resource
import select
import signal
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import zmq

from virtbus.wire.sockets import HEARTBEAT_MS, CurveKeys

from .config import Settings
from .core import Broker
from .doors import DoorSocket
from .keys import KeyFileError, Roles, read_keys, read_roles
from .peers import Delivery, Door, Part, Peer
from .rundir import RunDir
from .updates import UpdatesSocket
from .zap import Authenticator

HEARTBEAT_S = HEARTBEAT_MS / 1000
SPIN_S = 100e-6
"""How long to look again before sleeping: being woken costs more than the work itself. Measured
with bench/broker_floor.py on 2 cores: READ 115-230 us without it, 82-120 us with it; REQUEST
290-440 us without, 190-225 us with."""
REBIND_S = 2.0
OPEN_FILES = 65_536

LOCAL_DOORS = {Door.READ_WRITE: 0o660, Door.READ_ONLY: 0o666}
SOCKET_FILES = ("requests", "requests-ro", "updates")


class BindError(Exception):
    """An address cannot be listened on; the text says which and why."""


class Shell:
    """Sockets, signals and heartbeat around one `Broker`; it is the core's outlet too."""

    def __init__(self, settings: Settings, logger: logging.Logger) -> None:
        self._settings = settings
        self._logger = logger
        self._context: zmq.Context[Any] = zmq.Context()
        self._context.set(zmq.MAX_SOCKETS, OPEN_FILES)
        self._run_dir = RunDir(Path(settings.run_dir), settings.group)
        self._doors: dict[Door, DoorSocket] = {}
        self._updates: list[UpdatesSocket] = []
        self._authenticator = Authenticator(self._context, Roles(), logger)
        self._epoll = select.epoll()
        self._ended: dict[int, DoorSocket] = {}
        self._stopping = False
        self._reread = False
        first_ticket = int.from_bytes(os.urandom(6)) + 1
        run_id = os.urandom(16)
        self._core = Broker(self, run_id, first_ticket, time.time_ns() // 1_000_000)
        self._next_heartbeat_s = time.monotonic() + HEARTBEAT_S

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; raises RunDirError, KeyFileError or BindError at start."""
        self._run_dir.open()
        try:
            _allow_open_files()
            self._epoll.register(self._authenticator.socket.fileno(), select.EPOLLIN)
            self._open_local()
            if self._settings.tcp:
                keys, self._authenticator.roles = self._read_files()
                self._open_remote(keys, self._authenticator.roles)
            self._watch_signals()
            self._logger.info("serving in %s (pid %d)", self._settings.run_dir, os.getpid())
            self._serve()
            self._logger.info("ending")
        finally:
            self._close()

    def _serve(self) -> None:
        """Rounds until told to stop; sleeps when nothing has come for SPIN_S."""
        spin_until_s = 0.0
        while not self._stopping:
            if self._turn():
                spin_until_s = time.monotonic() + SPIN_S
            elif time.monotonic() < spin_until_s:
                os.sched_yield()
            else:
                self._wait()

    def send(self, peer: Peer, frames: Sequence[Part]) -> Delivery:
        """The core's outlet: a message to one peer."""
        door = self._doors.get(peer.door)
        return Delivery.UNREACHABLE if door is None else door.send(peer, frames)

    def publish(self, frames: Sequence[Part]) -> None:
        """The core's outlet: a message to all subscribers of its topic."""
        for updates in self._updates:
            updates.publish(frames)

    def _turn(self) -> bool:
        """One fair round over all sockets; True if there may be more to do at once.

        Sending can swallow the edge that tells of incoming messages (zmq_getsockopt(3), ZMQ_FD),
        so a round that did anything is followed by another before waiting.
        """
        self._worked = False
        for door in self._doors.values():
            door.drain()
        for updates in self._updates:
            updates.drain()
        if self._ended:
            self._worked = True
            for door in self._ended.values():
                door.drain_monitor()
            self._ended.clear()
        now_s = time.monotonic()
        if now_s >= self._next_heartbeat_s:
            self._worked = True
            self._next_heartbeat_s = now_s + HEARTBEAT_S
            self._core.heartbeat(now_s)
        if self._reread:
            self._worked = True
            self._reread = False
            self._reread_roles()
        return self._worked

    def _wait(self) -> None:
        timeout_s = max(0.0, self._next_heartbeat_s - time.monotonic())
        for fd, _ in self._epoll.poll(timeout_s):
            if fd == self._wakeup.fileno():
                self._wakeup.recv(4096)
            elif fd == self._authenticator.socket.fileno():
                self._authenticator.answer_all()
            else:
                for door in self._doors.values():
                    if fd == door.monitor.fileno():
                        self._ended[fd] = door

    def _on_message(self, peer: Peer, frames: Sequence[Part]) -> None:
        self._worked = True
        try:
            self._core.receive(peer, frames, time.monotonic())
        except Exception:  # a defect met by one peer must not end the bus for all
            self._logger.exception("defect: a message of %s was not understood", peer.sender)

    def _on_gone(self, peer: Peer) -> None:
        self._worked = True
        self._core.disconnected(peer, time.monotonic())

    def _on_nameless(self) -> None:
        self._worked = True
        self._core.counters.drop("bad_routing_id")

    def _may_subscribe(self, grants: str, topic: bytes) -> bool:
        self._worked = True
        return self._core.subscribed(grants, topic)

    def _open_local(self) -> None:
        for door, mode in LOCAL_DOORS.items():
            opened = DoorSocket(
                self._context, door, self._on_message, self._on_gone, self._on_nameless
            )
            self._listen(opened.socket, self._run_dir.endpoint(door.value))
            self._run_dir.admit(door.value, mode)
            self._add_door(opened)
        updates = UpdatesSocket(self._context, self._may_subscribe, self._core.greet)
        self._listen(updates.socket, self._run_dir.endpoint("updates"))
        self._run_dir.admit("updates", 0o666)
        self._add_updates(updates)

    def _open_remote(self, keys: CurveKeys, roles: Roles) -> None:
        address, _, port = self._settings.tcp.rpartition(":")
        if not address.startswith("tcp://") or not port.isdigit() or not 0 < int(port) < 65_535:
            raise BindError(f"{self._settings.tcp!r} is not like tcp://0.0.0.0:16580")
        opened = DoorSocket(
            self._context,
            Door.REMOTE,
            self._on_message,
            self._on_gone,
            self._on_nameless,
            curve=keys,
            roles=roles,
        )
        updates = UpdatesSocket(
            self._context, self._may_subscribe, self._core.greet, curve=keys, roles=roles
        )
        for remote, number in ((opened.socket, int(port)), (updates.socket, int(port) + 1)):
            remote.ipv6 = "[" in address
            self._listen(remote, f"{address}:{number}")
        self._add_door(opened)
        self._add_updates(updates)

    def _listen(self, bound: zmq.Socket[bytes], endpoint: str) -> None:
        """Bind; an address that libzmq is about to release is waited for."""
        until_s = time.monotonic() + REBIND_S
        while True:
            try:
                bound.bind(endpoint)
            except zmq.ZMQError as error:
                if error.errno != zmq.EADDRINUSE or time.monotonic() > until_s:
                    raise BindError(f"cannot listen on {endpoint}: {error.strerror}") from error
                time.sleep(0.01)
            else:
                return

    def _add_door(self, door: DoorSocket) -> None:
        self._doors[door.door] = door
        self._epoll.register(door.socket.fileno(), select.EPOLLIN)
        self._epoll.register(door.monitor.fileno(), select.EPOLLIN)

    def _add_updates(self, updates: UpdatesSocket) -> None:
        self._updates.append(updates)
        self._epoll.register(updates.socket.fileno(), select.EPOLLIN)

    def _read_files(self) -> tuple[CurveKeys, Roles]:
        return read_keys(Path(self._settings.key_file)), read_roles(Path(self._settings.roles_file))

    def _reread_roles(self) -> None:
        """SIGHUP: with new roles, all TCP links are made anew, so that each is asked again."""
        if not self._settings.tcp:
            return
        try:
            keys, roles = self._read_files()
        except KeyFileError as error:
            self._logger.error("roles not reread, the old ones stay: %s", error)
            return
        if roles == self._authenticator.roles:
            return
        self._authenticator.roles = roles
        self._epoll.unregister(self._updates[-1].socket.fileno())
        self._updates.pop().close()
        self._close_door(Door.REMOTE)
        self._open_remote(keys, roles)
        self._logger.info("roles reread: %d keys", len(roles.keys))

    def _close_door(self, name: Door) -> None:
        door = self._doors.pop(name)
        self._epoll.unregister(door.socket.fileno())
        self._epoll.unregister(door.monitor.fileno())
        self._ended.pop(door.monitor.fileno(), None)
        door.close()

    def _watch_signals(self) -> None:
        self._wakeup, writer = socket.socketpair()
        for end in (self._wakeup, writer):
            end.setblocking(False)
        self._writer = writer
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGHUP, self._on_signal)
        self._epoll.register(self._wakeup.fileno(), select.EPOLLIN)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._reread = True
        else:
            self._stopping = True

    def _close(self) -> None:
        for name in list(self._doors):
            self._close_door(name)
        for updates in self._updates:
            updates.close()
        self._updates.clear()
        self._authenticator.socket.close(0)
        self._context.term()
        self._run_dir.close(SOCKET_FILES)


def _allow_open_files() -> None:
    """Each connection is a file descriptor: take as many as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
