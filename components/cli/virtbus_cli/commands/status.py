"""`virtbus status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..base import BusCommand
from ..session import Session, session_of

if TYPE_CHECKING:
    from virtbus.operations.agent import AgentReport
    from virtbus.wire.frames import AgentStatus, BrokerStatus

REPORT_S = 2.0


@click.command(
    "status",
    cls=BusCommand,
    section="Start here",
    shared=("broker", "deadline_s", "json"),
    short_help="Broker and agents: who is there, what is wrong",
)
@click.pass_context
def command(context: click.Context) -> None:
    """Tell how the broker is, which agents are present, absent or unhealthy and why, and which
    change slots are held by whom.

    The exit status is 0 if the broker answered and no agent has a problem, else 1.
    """
    import virtbus

    from .. import show

    session = session_of(context)
    status = virtbus.status(session.broker, deadline_s=session.connect_s)
    agents = [_agent(session, each) for each in status.agents]
    here = {each["agent"] for each in agents}
    agents += [_gone(each) for each in status.recently_gone if each.agent not in here]
    here |= {each["agent"] for each in agents}
    agents += _missing(here)
    if session.json:
        show.print_json({"broker": _broker(status), "agents": agents})
    else:
        _print(status, agents)
    if any(each["problems"] for each in agents if each["state"] != "not running"):
        context.exit(1)


def _broker(status: BrokerStatus) -> dict[str, Any]:
    from .. import show

    fields: dict[str, Any] = show.plain(status)
    del fields["agents"], fields["recently_gone"]
    return fields


def _agent(session: Session, agent: AgentStatus) -> dict[str, Any]:
    """A connected agent: what the broker says, and what it says itself."""
    from .. import show

    fields: dict[str, Any] = show.plain(agent)
    fields |= {"problems": [], "slots": [], "domains": None, "active_domains": None}
    route = next((each for each in agent.routes if not each.endswith("*")), "")
    if agent.state != "present":
        fields["problems"] = [f"{agent.state}: does not answer the broker"]
        return fields
    if not route:
        return fields
    answer = _report(session, route)
    if isinstance(answer, str):
        fields["problems"] = [answer]
        return fields
    fields["problems"] = list(answer.problems)
    fields["slots"] = show.plain(answer.slots)
    fields |= {"domains": answer.domains, "active_domains": answer.active_domains}
    return fields


def _report(session: Session, route: str) -> AgentReport | str:
    """An agent's own report, or why there is none."""
    import virtbus
    from virtbus.errors import VirtbusError

    limit_s = session.deadline_s or REPORT_S
    try:
        with virtbus.connect(
            route, endpoint=session.broker, readonly=True, connect_s=session.connect_s
        ) as conn:
            return conn.get_agent_status(deadline_s=limit_s)
    except VirtbusError as error:
        return f"gives no report: {error}"


def _gone(agent: AgentStatus) -> dict[str, Any]:
    from .. import show

    fields: dict[str, Any] = show.plain(agent)
    return fields | {
        "state": "absent",
        "problems": [f"left {show.ago(agent.since_ms)} ago; its guests are not affected"],
        "slots": [],
        "domains": None,
        "active_domains": None,
    }


def _missing(here: set[str]) -> list[dict[str, Any]]:
    """The agents that are installed in this environment and were not seen on the bus."""
    from virtbus.agent.installed import installed_agents

    return [
        {
            "agent": each.name,
            "version": each.version,
            "routes": list(each.routes),
            "state": "not running",
            "problems": [each.why_unusable or f"installed here, not started: {each.command}"],
            "slots": [],
            "domains": None,
            "active_domains": None,
        }
        for each in installed_agents()
        if each.name not in here
    ]


def _print(status: BrokerStatus, agents: list[dict[str, Any]]) -> None:
    from .. import show

    print(
        f"Broker {status.version}, pid {status.pid}, up {show.ago(status.started_ms)}: "
        f"{status.requests} requests, {status.in_flight} in flight, {status.streams} streams"
    )
    for reason, count in sorted(status.dropped.items()):
        print(f"  {count} x {show.readable(reason).replace('_', ' ')}")
    print()
    show.print_table(
        ("Agent", "State", "Version", "Pid", "Domains", "Routes"),
        [
            (
                each["agent"],
                each["state"],
                each["version"],
                each.get("pid"),
                _domains(each),
                ", ".join(each["routes"]),
            )
            for each in agents
        ],
    )
    problems = [f"{each['agent']}: {problem}" for each in agents for problem in each["problems"]]
    for number, problem in enumerate(problems):
        print("" if number else "\n", show.readable(problem), sep="")
    slots = [(each["agent"], slot) for each in agents for slot in each["slots"]]
    if slots:
        print("\nChange slots held:")
        show.print_table(
            ("Agent", "Slot", "Operation", "Owner", "Since", "Waiting", "Request"),
            [
                (
                    agent,
                    slot["slot"],
                    slot["operation"],
                    slot["owner"],
                    show.moment(slot["since_ms"]),
                    slot["waiting"],
                    slot["request_id"],
                )
                for agent, slot in slots
            ],
        )


def _domains(agent: dict[str, Any]) -> str | None:
    if agent["domains"] is None:
        return None
    return f"{agent['active_domains']} of {agent['domains']} active"
