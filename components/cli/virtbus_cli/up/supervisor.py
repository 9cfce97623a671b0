"""Starting, watching and ending a broker and its agents."""

from __future__ import annotations

import asyncio
import signal
from importlib.util import find_spec
from pathlib import Path

import virtbus
from virtbus.agent.installed import InstalledAgent, installed_agents
from virtbus.directories import Directories
from virtbus.errors import AlreadyExists, InvalidArgument, NotConnected, VirtbusError
from virtbus.wire.frames import AgentStatus, BrokerStatus

from .child import Child
from .display import Display, Line
from .places import environment_of, make_places

ASK_S = 1.0
SOON_S, LATER_S = 0.3, 2.0
AGENT_END_S, BROKER_END_S = 15.0, 5.0
PATIENCE_S = 2.0


async def run(directory: Path | None, names: tuple[str, ...], *, as_json: bool) -> int:
    """Keep a bus up until a signal. Raises AlreadyExists if there is a broker already."""
    agents = _chosen(names)
    if find_spec("virtbus_broker") is None:
        raise InvalidArgument(
            'virtbus-broker is not installed here: pip install "virtbus[broker]"',
            field="broker",
            reason="missing",
        )
    where = make_places(directory)
    await _expect_no_broker(where)
    bus = Bus(where, agents)
    with Display(where, as_json=as_json) as display:
        await bus.run(display)
    return 0


class Bus:
    """The processes of one bus."""

    def __init__(self, where: Directories, agents: list[InstalledAgent]) -> None:
        self._where = where
        self._agents = agents
        self._changed = asyncio.Event()
        self._stop = asyncio.Event()
        self._signals = 0
        environment = environment_of(where)
        self._broker = self._child(
            "broker", "virtbus_broker", ["--run-dir", str(where.run)], environment
        )
        self._children = {
            agent.name: self._child(agent.name, agent.package, [], environment)
            for agent in agents
            if not agent.why_unusable
        }

    async def run(self, display: Display) -> None:
        """Start all, show how they are, and end all after the first signal."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)
        async with asyncio.TaskGroup() as group:
            keeping = [
                group.create_task(child.keep())
                for child in (self._broker, *self._children.values())
            ]
            watching = group.create_task(self._watch(display))
            await self._stop.wait()
            watching.cancel()
            await self._end(display)
            for task in keeping:
                task.cancel()

    def _child(
        self, name: str, module: str, arguments: list[str], environment: dict[str, str]
    ) -> Child:
        log = self._where.log / f"{name}.log"
        return Child(name, module, arguments, environment, log, self._changed.set)

    def _on_signal(self) -> None:
        self._signals += 1
        self._stop.set()
        if self._signals > 1:
            for child in (self._broker, *self._children.values()):
                child.hurry()

    async def _watch(self, display: Display) -> None:
        """Show each change: of a process at once, of what the broker says by asking it."""
        while True:
            self._changed.clear()
            status = await self._ask_broker() if self._broker.pid else None
            lines = self._lines(status)
            display.show(lines)
            settled = all(line.settled for line in lines)
            try:
                async with asyncio.timeout(LATER_S if settled else SOON_S):
                    await self._changed.wait()
            except TimeoutError:
                pass  # time to ask again

    async def _ask_broker(self) -> BrokerStatus | None:
        try:
            return await virtbus.aio.status(str(self._where.run), deadline_s=ASK_S)
        except VirtbusError:
            return None  # its line tells that it does not answer

    async def _end(self, display: Display) -> None:
        display.say("ending agents and broker; guests run on (again Ctrl-C: at once)")
        async with asyncio.TaskGroup() as group:
            for child in self._children.values():
                group.create_task(child.end(AGENT_END_S))
        await self._broker.end(BROKER_END_S)
        lines = [line for line in self._lines(None) if line.log is not None]
        display.show([line._replace(state="ended", detail="") for line in lines])
        display.say("ended; guests run on, and the next `virtbus up` here finds them")

    def _lines(self, status: BrokerStatus | None) -> list[Line]:
        broker = self._broker
        if broker.pid:
            state = "running" if status is not None else "starting"
            lines = [Line("broker", state, f"pid {broker.pid}", str(self._where.run), broker.log)]
        else:
            state = "down" if broker.problem else "starting"
            lines = [Line("broker", state, broker.problem, str(self._where.run), broker.log)]
        present = {agent.pid: agent for agent in status.agents} if status is not None else {}
        for agent in self._agents:
            routes = ", ".join(agent.routes)
            if agent.why_unusable:
                lines.append(Line(agent.name, "not usable", agent.why_unusable, routes, None))
                continue
            child = self._children[agent.name]
            state, detail = _agent_state(child, present.get(child.pid))
            lines.append(Line(agent.name, state, detail, routes, child.log))
        return lines


def _agent_state(child: Child, seen: AgentStatus | None) -> tuple[str, str]:
    if not child.pid:
        return "down" if child.problem else "starting", child.problem
    if seen is None:
        return "starting", f"pid {child.pid}, not registered yet"
    again = f", started again {child.restarts} x" if child.restarts else ""
    return seen.state, f"pid {child.pid}{again}"


def _chosen(names: tuple[str, ...]) -> list[InstalledAgent]:
    """The agents to run. Raises InvalidArgument for a name that is not installed."""
    installed = installed_agents()
    known = {agent.name for agent in installed}
    if unknown := [name for name in names if name not in known]:
        raise InvalidArgument(
            f"no agent {', '.join(unknown)} is installed; there are {', '.join(sorted(known))}",
            field="only",
            reason="unknown",
        )
    return [agent for agent in installed if not names or agent.name in names]


async def _expect_no_broker(where: Directories) -> None:
    """Return when no broker answers there; one that is just ending is waited for."""
    until_s = asyncio.get_running_loop().time() + PATIENCE_S
    while (where.run / "requests-ro").exists():
        try:
            status = await virtbus.aio.status(str(where.run), deadline_s=ASK_S)
        except NotConnected:
            return  # a socket that a dead broker left
        if asyncio.get_running_loop().time() > until_s:
            raise AlreadyExists(
                f"a broker (pid {status.pid}) already serves {where.run}; end it first, or make a "
                "private bus with --dir",
                kind="broker",
                name=str(where.run),
            )
        await asyncio.sleep(0.2)
