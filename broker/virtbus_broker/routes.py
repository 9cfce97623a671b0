"""Which agent serves which route: exact routes, and prefixes that end in `*`."""

from __future__ import annotations

from virtbus.errors import InvalidArgument
from virtbus.wire.frames import MAX_ROUTE_CHARS

from .peers import Agent

MAX_ROUTES = 256


def check_routes(routes: tuple[str, ...]) -> None:
    """Refuse routes that cannot be topics; raises InvalidArgument (field "routes")."""
    reason = ""
    if not 1 <= len(routes) <= MAX_ROUTES:
        reason = f"an agent serves 1 to {MAX_ROUTES} routes, not {len(routes)}"
    for route in routes:
        if not 1 <= len(route) <= MAX_ROUTE_CHARS:
            reason = f"a route has 1 to {MAX_ROUTE_CHARS} characters, not {len(route)}"
        elif not route.isprintable() or " " in route:
            reason = f"{route!r} has a space or control character"
        elif "*" in route[:-1]:
            reason = f"{route!r} has a * before its end"
    if reason:
        raise InvalidArgument(f"routes: {reason}", field="routes", reason=reason)


class Routes:
    """The table of routes; a route has one holder at a time."""

    def __init__(self) -> None:
        self._exact: dict[str, Agent] = {}
        self._prefixes: dict[str, Agent] = {}

    def find(self, route: str) -> Agent | None:
        """The agent that serves the route: by its exact name, else by the longest prefix."""
        agent = self._exact.get(route)
        if agent is not None or not self._prefixes:
            return agent
        fitting = [prefix for prefix in self._prefixes if route.startswith(prefix)]
        return self._prefixes[max(fitting, key=len)] if fitting else None

    def holder(self, route: str) -> Agent | None:
        """Who claimed exactly this route or prefix."""
        if route.endswith("*"):
            return self._prefixes.get(route[:-1])
        return self._exact.get(route)

    def claim(self, agent: Agent) -> None:
        """Enter all routes of the agent; they must be free."""
        for route in agent.hello.routes:
            if route.endswith("*"):
                self._prefixes[route[:-1]] = agent
            else:
                self._exact[route] = agent

    def release(self, agent: Agent) -> None:
        """Take out all routes that the agent holds."""
        for table in (self._exact, self._prefixes):
            for route in [route for route, holder in table.items() if holder is agent]:
                del table[route]

    def present(self) -> list[str]:
        """All routes that are served, in order."""
        return sorted([*self._exact, *(f"{prefix}*" for prefix in self._prefixes)])
