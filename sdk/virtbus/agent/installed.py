"""The agents installed in this environment: entry points `virtbus.agents`, a package each."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module, metadata
from typing import Any, NamedTuple

from .driver import Driver
from .main import supported_operations

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
            driver = driver_of(point.value)
            yield InstalledAgent(
                name=point.name,
                package=point.value,
                version=version,
                routes=driver.routes,
                operations=supported_operations(driver),
                why_unusable=driver.unusable(),
            )
        except Exception as error:  # noqa: BLE001  # whatever ails one agent, the others are told
            reason = f"cannot be loaded: {type(error).__name__}: {error}"
            yield InstalledAgent(point.name, point.value, version, (), (), reason)


def driver_of(package: str) -> type[Driver[Any]]:
    """The one driver that `PACKAGE.driver` has: each agent's modules have the same names."""
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
