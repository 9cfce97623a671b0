"""libvirt's calls. Run by Debian's Python, which has `libvirt`.

Usage: python3 -m bench.clients.libvirt_client URI
"""

from __future__ import annotations

import sys
import threading
from typing import Any

import libvirt  # type: ignore[import-not-found]  # from Debian's python3-libvirt, without types
import libvirt_qemu  # type: ignore[import-not-found]  # the same package

from bench.clients.client import Call, Client, operations_of
from bench.clients.serve import serve

EVENTS = {
    libvirt.VIR_DOMAIN_EVENT_STOPPED: "stopped",
    libvirt.VIR_DOMAIN_EVENT_SUSPENDED: "suspended",
    libvirt.VIR_DOMAIN_EVENT_RESUMED: "resumed",
}


class LibvirtClient(Client):
    """Events come through libvirt's own loop, in one thread for all connections."""

    not_ready = (libvirt.libvirtError,)

    def __init__(self, uri: str) -> None:
        super().__init__(uri)
        libvirt.registerErrorHandler(lambda context, error: None, None)
        libvirt.virEventRegisterDefaultImpl()
        threading.Thread(target=self._run_events, daemon=True).start()

    @staticmethod
    def _run_events() -> None:
        while True:
            libvirt.virEventRunDefaultImpl()

    def _open(self) -> Any:
        return libvirt.open(self.uri)

    def _close(self, connection: Any) -> None:
        connection.close()

    def _listen(self, connection: Any, subscriber: int) -> None:
        def arrived(_conn: Any, domain: Any, event: int, _detail: int, index: int) -> None:
            if event in EVENTS:
                self.arrivals.add(domain.name(), EVENTS[event], index)

        lifecycle = libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE
        connection.domainEventRegisterAny(None, lifecycle, arrived, subscriber)

    def _versions(self, connection: Any) -> dict[str, str]:
        return {
            "libvirt": _version(connection.getLibVersion()),
            "qemu": _version(connection.getVersion()),
        }

    def _define(self, connection: Any, document: str) -> None:
        connection.defineXML(document)

    def _count(self, connection: Any) -> int:
        return len(connection.listAllDomains())

    def _active(self, connection: Any) -> set[str]:
        active = libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE
        return {domain.name() for domain in connection.listAllDomains(active)}

    def _statistics(self, connection: Any) -> int:
        active = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE
        return len(connection.getAllDomainStats(0, active))

    def _lookup(self, connection: Any, name: str) -> Any:
        return connection.lookupByName(name)

    def _calls(self, domain: Any) -> dict[str, Call]:
        return {
            "start": domain.create,
            "destroy": domain.destroy,
            "undefine": domain.undefine,
            "suspend": domain.suspend,
            "resume": domain.resume,
            "state": domain.state,
            "document": domain.XMLDesc,
            "statistics": lambda: domain.connect().domainListGetStats([domain]),
        }

    def _ask_monitor(self, domain: Any) -> Call:
        query = '{"execute":"query-status"}'
        return lambda: libvirt_qemu.qemuMonitorCommand(domain, query, 0)

    def _read(self, name: str) -> Call:
        """The call with the least work in the daemon."""
        return self.connection.getLibVersion  # type: ignore[no-any-return]  # untyped library


def _version(number: int) -> str:
    return f"{number // 1000000}.{number // 1000 % 1000}.{number % 1000}"


if __name__ == "__main__":
    serve(operations_of(LibvirtClient(sys.argv[1])))
