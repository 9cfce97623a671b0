"""One entry of a network added, changed or removed, as libvirt's network update does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, NoReturn, TypeAlias, TypeVar, get_args

from ...errors import InvalidArgument, Unsupported
from ..engine import walk
from ..engine.declare import Element
from ..engine.document import Document
from ..engine.values import MacText
from ..net.addresses import family_of
from .dns import Dns, DnsHost, DnsService, DnsText
from .forward import ForwardInterface
from .ip import Dhcp, DhcpHost, DhcpRange, NetworkIp
from .root import Network, PortGroup

Command: TypeAlias = Literal["add-first", "add-last", "modify", "delete"]
Section: TypeAlias = Literal[
    "bridge", "domain", "ip", "ip-dhcp-host", "ip-dhcp-range", "forward", "forward-interface",
    "forward-pf", "portgroup", "dns-host", "dns-txt", "dns-srv",
]  # fmt: skip
COMMANDS: tuple[str, ...] = get_args(Command)
SECTIONS: tuple[str, ...] = get_args(Section)
BEST = -1
"""As an index: the <ip> that gives addresses already, or else the first."""

E = TypeVar("E", bound=Element)


class Change(NamedTuple):
    """What is asked for."""

    network: Network
    command: str
    ip_index: int
    fragment: str

    @property
    def adds(self) -> bool:
        """Whether there is an entry more afterwards."""
        return self.command.startswith("add")


def update_network(
    network: Network, section: str, command: str, fragment: str, *, index: int = BEST
) -> Network:
    """A copy of `network` with one entry of a section changed; `fragment` is the entry.

    `index` says which <ip> is meant, in the sections that are within one. Raises
    InvalidArgument when there is no such entry, or already one, InvalidDocument when
    the fragment is at fault, Unsupported for what cannot be changed one by one.
    """
    for field, value, known in (("section", section, SECTIONS), ("command", command, COMMANDS)):
        if value not in known:
            _refuse(field, f"'{value}' is none of {', '.join(known)}")
    update = _UPDATES.get(section)
    if update is None or (command == "modify" and section in _NOT_MODIFIED):
        what = f"{command} of section '{section}'"
        raise Unsupported(
            f"a network cannot be updated by {what}", operation="network.update", feature=what
        )
    changed = walk.copy_of(network)
    update(Change(changed, command, index, fragment))
    walk.defaults("network", changed)
    return changed


def _dhcp_host(change: Change) -> None:
    ip = _ip(change)
    given = _read(change, "host", DhcpHost)
    dhcp = ip.dhcp = ip.dhcp or Dhcp()
    if change.command == "delete":
        if given.mac is None and given.name is None and given.ip is None:
            _refuse("fragment", "at least one of mac, name and ip is needed")
        found = [n for n, host in enumerate(dhcp.hosts) if _all_match(given, host)]
    else:
        for reason in ip.host_problems(given):
            _refuse("fragment", reason)
        if given.ip is not None and family_of(given.ip) != family_of(ip.address):
            _refuse("fragment", f"'{given.ip}' is not of the family of '{ip.address}'")
        found = [n for n, host in enumerate(dhcp.hosts) if _any_matches(given, host)]
    _only_dhcp(change, ip)
    _apply(change, dhcp.hosts, given, found)


def _all_match(given: DhcpHost, host: DhcpHost) -> bool:
    """Whether nothing that is given tells them apart."""
    return (
        (not given.mac or not host.mac or _mac(given.mac) == _mac(host.mac))
        and given.name in (None, host.name)
        and given.ip in (None, host.ip)
    )


def _any_matches(given: DhcpHost, host: DhcpHost) -> bool:
    """Whether both are one host by some of its names."""
    return bool(
        (given.mac and host.mac and _mac(given.mac) == _mac(host.mac))
        or (given.ip and given.ip == host.ip)
        or (given.name and given.name == host.name)
    )


def _mac(text: str) -> str:
    return MacText().parse(text)


def _dhcp_range(change: Change) -> None:
    ip = _ip(change)
    given = _read(change, "range", DhcpRange)
    for reason in ip.range_problems(given):
        _refuse("fragment", reason)
    dhcp = ip.dhcp = ip.dhcp or Dhcp()
    ends = given.start, given.end
    found = [n for n, each in enumerate(dhcp.ranges) if (each.start, each.end) == ends]
    _only_dhcp(change, ip)
    _apply(change, dhcp.ranges, given, found)


def _ip(change: Change) -> NetworkIp:
    """The <ip> whose addresses are meant."""
    ips = change.network.ips
    if change.ip_index >= 0:
        chosen = ips[change.ip_index] if change.ip_index < len(ips) else None
    else:
        by_family = sorted(ips, key=lambda ip: family_of(ip.address))
        chosen = next((ip for ip in ips if ip.has_dhcp), next(iter(by_family), None))
    if chosen is None:
        _refuse("index", f"the network has no <ip> at {change.ip_index}")
    return chosen


def _only_dhcp(change: Change, ip: NetworkIp) -> None:
    """Addresses of one family are given in one <ip>."""
    family = family_of(ip.address)
    others = (o for o in change.network.ips if o is not ip and family_of(o.address) == family)
    if change.adds and any(other.has_dhcp for other in others):
        _refuse("index", f"another <ip> gives the addresses of {family} already")


def _forward_interface(change: Change) -> None:
    given = _read(change, "interface", ForwardInterface)
    forward = change.network.forward
    if forward is None:
        _refuse("section", "the network has no <forward>")
    found = [n for n, each in enumerate(forward.interfaces) if each.dev == given.dev]
    used = sum(forward.interfaces[n].connections or 0 for n in found)
    if change.command == "delete" and used:
        _refuse("fragment", f"interface '{given.dev}' is used by {used} guests")
    given.connections = None
    _apply(change, forward.interfaces, given, found)
    forward.dev = None  # follows from the list


def _portgroup(change: Change) -> None:
    given = _read(change, "portgroup", PortGroup)
    groups = change.network.portgroups
    found = [n for n, group in enumerate(groups) if group.name == given.name]
    others = (group for group in groups if group.name != given.name)
    if change.command != "delete" and given.default and any(group.default for group in others):
        _refuse("fragment", "another port group is the default already")
    _apply(change, groups, given, found)


def _dns_host(change: Change) -> None:
    given = _read(change, "host", DnsHost)
    hosts = _dns(change).hosts
    if given.ip is None and not given.hostnames:
        _refuse("fragment", "an 'ip' or a <hostname> is needed")
    names = set(given.hostnames) if change.command == "delete" else set()
    found = [
        n
        for n, host in enumerate(hosts)
        if (given.ip and given.ip == host.ip) or names & set(host.hostnames)
    ]
    _whole(change, "<host> needs an 'ip' and a <hostname>", given.is_whole)
    _apply(change, hosts, given, found, only_one=True)


def _dns_text(change: Change) -> None:
    given = _read(change, "txt", DnsText)
    texts = _dns(change).texts
    _whole(change, "<txt> needs a 'value'", given.is_whole)
    _apply(change, texts, given, [n for n, text in enumerate(texts) if text.name == given.name])


def _dns_service(change: Change) -> None:
    given = _read(change, "srv", DnsService)
    services = _dns(change).services
    _whole(change, "<srv> needs a 'service' and a 'protocol'", given.is_whole)
    names = ("domain", "service", "protocol", "target")
    found = [
        n
        for n, service in enumerate(services)
        if all(getattr(given, name) in (None, getattr(service, name)) for name in names)
    ]
    _apply(change, services, given, found, only_one=True)


def _dns(change: Change) -> Dns:
    network = change.network
    network.dns = network.dns or Dns()
    return network.dns


def _whole(change: Change, reason: str, is_whole: bool) -> None:
    if change.command != "delete" and not is_whole:
        _refuse("fragment", reason)


def _read(change: Change, tag: str, cls: type[E]) -> E:
    return Document(tag, cls).read(change.fragment)


def _apply(
    change: Change, entries: list[E], given: E, found: Sequence[int], *, only_one: bool = False
) -> None:
    """Change the list; `found` are the entries that `given` means, the first of them counts."""
    if change.adds:
        if found:
            _refuse("fragment", "there is such an entry already")
        entries.insert(0 if change.command == "add-first" else len(entries), given)
        return
    if not found:
        _refuse("fragment", "there is no such entry")
    if only_one and len(found) > 1:
        _refuse("fragment", f"{len(found)} entries are such: say more of the one that is meant")
    entries[found[0] : found[0] + 1] = [given] if change.command == "modify" else []


def _refuse(field: str, reason: str) -> NoReturn:
    raise InvalidArgument(f"{field}: {reason}", field=field, reason=reason)


_UPDATES: dict[str, Callable[[Change], None]] = {
    "ip-dhcp-host": _dhcp_host,
    "ip-dhcp-range": _dhcp_range,
    "forward-interface": _forward_interface,
    "portgroup": _portgroup,
    "dns-host": _dns_host,
    "dns-txt": _dns_text,
    "dns-srv": _dns_service,
}
_NOT_MODIFIED = ("ip-dhcp-range", "forward-interface", "dns-srv")
"""Entries that have nothing to tell them by but what they say."""
