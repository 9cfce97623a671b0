"""The processes that serve a guest's TPM and networks: swtpm and passt, and how they are called."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain import Domain
from virtbus.model.domain.devices.interface import Interface
from virtbus.model.domain.devices.interface_parts import PortForward, PortRange
from virtbus.model.domain.devices.tpm import Tpm
from virtbus.model.net.addresses import family_of

from .aliases import alias_of
from .runtime import Companion, socket_of
from .words import escaped

_SWTPM, _PASST = "swtpm", "passt"


def tpm_companions(domain: Domain, directory: str, state: str) -> Iterator[Companion]:
    """The emulator of each TPM; `state` is the guest's own folder for what a TPM remembers."""
    for tpm in domain.devices.tpms:
        if tpm.backend.type == "emulator":
            where, own = _state(tpm, state)
            yield Companion(
                alias=alias_of(tpm),
                program=_SWTPM,
                arguments=tuple(_swtpm(tpm, where)),
                socket=socket_of(directory, alias_of(tpm)),
                directories=(own,) if own else (),
            )


def _state(tpm: Tpm, state: str) -> tuple[str, str]:
    """swtpm's word for where the state is, and the folder that must be there."""
    source = tpm.backend.source
    if source is not None and source.path and source.type == "file":
        return f"backend-uri=file://{escaped(source.path)}", ""
    path = source.path if source is not None and source.path else state
    return f"dir={escaped(path)},mode=0600", path


def _swtpm(tpm: Tpm, where: str) -> Iterator[str]:
    yield from ("socket", "--ctrl", "type=unixio,fd={fd}", "--tpmstate", where, "--terminate")
    if tpm.backend.version == "2.0":
        yield "--tpm2"
    if tpm.backend.debug:
        yield from ("--log", f"fd=2,level={tpm.backend.debug}")


def passt_companions(domain: Domain, directory: str) -> Iterator[Companion]:
    """passt for each interface whose packets it carries; it makes its socket itself."""
    for nic in domain.devices.interfaces:
        if nic.is_passt:
            socket = socket_of(directory, alias_of(nic))
            yield Companion(
                alias=alias_of(nic),
                program=_PASST,
                arguments=tuple(_passt(nic, socket)),
                socket=socket,
                makes_socket=True,
            )


def _passt(nic: Interface, socket: str) -> Iterator[str]:
    if nic.type == "vhostuser":
        yield "--vhost-user"
    yield from ("--one-off", "--socket", socket)
    if nic.mtu and nic.mtu.size_bytes:
        yield from ("--mtu", str(nic.mtu.size_bytes))
    if nic.source and nic.source.dev:
        yield from ("--interface", nic.source.dev)
    if nic.backend and nic.backend.log_file:
        yield from ("--log-file", nic.backend.log_file)
    for ip in nic.ips:
        yield from ("--address", ip.address)
        if ip.prefix and family_of(ip.address) == "ipv4":
            yield from ("--netmask", str(ip.prefix))
    for forward in nic.port_forwards:
        yield from (f"--{forward.proto}-ports", _forward(forward))


def _forward(forward: PortForward) -> str:
    """address%device/ranges, as passt reads it."""
    where = (forward.address or "") + (f"%{forward.dev}" if forward.dev else "")
    ports = ",".join(map(_ports, forward.ranges)) or "all"
    return f"{where}/{ports}" if where else ports


def _ports(ports: PortRange) -> str:
    start, end, to = ports.start or 0, ports.end, ports.to
    text = f"{'~' if ports.exclude else ''}{start}"
    if end:
        text += f"-{end}"
    if to:
        text += f":{to}" + (f"-{end + to - start}" if end else "")
    return text
