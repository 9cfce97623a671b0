"""What a client may ask about the host and the hypervisor of a connection."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ..errors import InvalidArgument
from .declare import Effect, Request, operation

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class HostInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The host's CPUs and memory (virNodeInfo), its name, and what runs on it.

    Versions are libvirt's form: 1,000,000 * major + 1,000 * minor + release.
    """

    hostname: str
    hypervisor: str
    hypervisor_version: int
    agent_version: str
    cpu_model: str
    cpus: int
    mhz: int
    nodes: int
    sockets: int
    cores: int
    threads: int
    memory_kib: int
    free_memory_kib: int
    uri: str


class CapabilitiesXml(msgspec.Struct, frozen=True, kw_only=True):
    """A capabilities document."""

    xml: str


@operation(
    "host.get_info",
    method="get_host_info",
    effect=Effect.READ,
    deadline_s=10.0,
    since="0.1",
    libvirt=(
        "virNodeGetInfo",
        "virNodeGetFreeMemory",
        "virConnectGetHostname",
        "virConnectGetType",
        "virConnectGetVersion",
        "virConnectGetLibVersion",
        "virConnectGetURI",
    ),
)
class GetInfo(Request[HostInfo]):
    """Tell the host's name, CPUs and memory, and the hypervisor's name and version."""


@operation(
    "host.get_capabilities",
    method="get_capabilities",
    effect=Effect.READ,
    deadline_s=60.0,
    since="0.1",
    libvirt=("virConnectGetCapabilities",),
)
class GetCapabilities(Request[CapabilitiesXml]):
    """Give the capabilities document: the host's CPU and the kinds of guests it can run."""


@operation(
    "host.get_domain_capabilities",
    method="get_domain_capabilities",
    effect=Effect.READ,
    deadline_s=60.0,
    errors=(InvalidArgument,),
    since="0.1",
    libvirt=("virConnectGetDomainCapabilities",),
)
class GetDomainCapabilities(Request[CapabilitiesXml]):
    """Give what a domain may use with an emulator, arch, machine and virtualization type."""

    emulator: Word | None = None
    arch: Word | None = None
    machine: Word | None = None
    virt_type: Word | None = None
