"""The agents installed in this environment: entry points `virtbus.agents`, a package each."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from virtbus.agent import Driver

GROUP = "virtbus.agents"


class InstalledAgent(NamedTuple):
    """An agent that can be started here as `python -m PACKAGE`.

    `why_unusable` is empty if this host can be served; `operations` are those it answers.
    """

    name: str
    package: str
    version: str
    routes: tuple[str, ...]
    operations: tuple[str, ...]
    why_unusable: str

    @property
    def command(self) -> str:
        """Its own command."""
        return f"virtbus-{self.name}-agent"


def installed_agents() -> list[InstalledAgent]:
    """All of them, by name; one that cannot be loaded is there too, with the reason."""
    return sorted(_installed(), key=lambda agent: agent.name)


def _installed() -> Iterator[InstalledAgent]:
    for point in metadata.entry_points(group=GROUP):
        version = point.dist.version if point.dist else ""
        try:
            yield _describe(point.name, point.value, version)
        except Exception as error:  # noqa: BLE001  # whatever ails one agent, the others are told
            reason = f"cannot be loaded: {type(error).__name__}: {error}"
            yield InstalledAgent(point.name, point.value, version, (), (), reason)


def _describe(name: str, package: str, version: str) -> InstalledAgent:
    from virtbus.agent.main import supported_operations

    driver = _driver_of(package)
    return InstalledAgent(
        name=name,
        package=package,
        version=version,
        routes=driver.routes,
        operations=supported_operations(driver),
        why_unusable=driver.unusable(),
    )


def _driver_of(package: str) -> type[Driver[Any]]:
    """The one driver that `PACKAGE.driver` has: each agent's modules have the same names."""
    from virtbus.agent import Driver

    module = import_module(f"{package}.driver")
    found = [
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Driver)
        and each.__module__.startswith(f"{package}.")
        and hasattr(each, "name")
    ]
    leaves = [
        each
        for each in found
        if not any(other is not each and issubclass(other, each) for other in found)
    ]
    if len(leaves) != 1:
        raise ImportError(f"{package}.driver has {len(leaves)} drivers, expected one")
    return leaves[0]
