"""What a client may ask of a domain, and of a connection about its domains."""

from __future__ import annotations

import enum
from typing import Annotated
from uuid import UUID

import msgspec

from ..errors import (
    AlreadyExists,
    HypervisorFailed,
    InvalidArgument,
    InvalidDocument,
    InvalidState,
    NoSuchDomain,
    StoreFailed,
    Unresponsive,
)
from .declare import Effect, Request, operation
from .records import ACTIVE_STATES, DomainRecord, DomainStats, State

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Xml = Annotated[str, msgspec.Meta(max_length=8 * 1024 * 1024)]
Text = Annotated[str, msgspec.Meta(max_length=64 * 1024)]

_RUN = (NoSuchDomain, InvalidState, HypervisorFailed, Unresponsive)


class DomainList(msgspec.Struct, frozen=True, kw_only=True):
    """Domains, in order of their names."""

    domains: tuple[DomainRecord, ...]


class DomainXml(msgspec.Struct, frozen=True, kw_only=True):
    """A domain document."""

    xml: str


class NativeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A domain in a hypervisor's own words, of the format asked for."""

    config: str


class DomainState(msgspec.Struct, frozen=True, kw_only=True):
    """A domain's state and why it is in it, since `since_ms` (Unix time)."""

    state: State
    reason: str
    since_ms: int = 0
    unresponsive_since_ms: int = 0

    @property
    def active(self) -> bool:
        """True while there is a guest."""
        return self.state in ACTIVE_STATES


class DomainInfo(msgspec.Struct, frozen=True, kw_only=True):
    """State, memory, virtual CPUs and CPU time used (virDomainInfo)."""

    state: State
    max_memory_kib: int
    memory_kib: int
    vcpus: int
    cpu_time_ns: int


class StatsList(msgspec.Struct, frozen=True, kw_only=True):
    """Statistics of several domains, in order of their names."""

    domains: tuple[DomainStats, ...]


class MetadataKind(enum.StrEnum):
    """Which part of a domain's metadata (virDomainMetadataType)."""

    DESCRIPTION = "description"
    TITLE = "title"
    ELEMENT = "element"


class MetadataText(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of metadata; None where there is none."""

    text: str | None


def _state_of(record: DomainRecord) -> DomainState:
    return DomainState(
        state=record.state,
        reason=record.reason,
        since_ms=record.since_ms,
        unresponsive_since_ms=record.unresponsive_since_ms,
    )


@operation(
    "domain.define",
    effect=Effect.CHANGE,
    deadline_s=30.0,
    errors=(InvalidDocument, AlreadyExists, StoreFailed),
    since="0.1",
    libvirt=("virDomainDefineXML", "virDomainDefineXMLFlags"),
)
class Define(Request[DomainRecord]):
    """Define a persistent domain from its document, or change the one with its UUID.

    On return the definition is on disk. A running domain keeps running as it is; the new
    definition holds from its next start.
    """

    xml: Xml


@operation(
    "domain.check",
    method="check_domain",
    effect=Effect.READ,
    deadline_s=30.0,
    errors=(InvalidDocument,),
    since="0.1",
)
class Check(Request[DomainXml]):
    """Tell what defining a document would make of it, and change nothing.

    On return it was found good by all that `define` checks, and is answered completed: with the
    defaults, models and addresses that the guest would get. Passwords in it come back.
    """

    xml: Xml


@operation(
    "domain.to_native",
    method="domain_to_native",
    effect=Effect.READ,
    deadline_s=30.0,
    errors=(InvalidDocument, InvalidArgument),
    since="0.1",
    libvirt=("virConnectDomainXMLToNative",),
)
class ToNative(Request[NativeConfig]):
    """Give a domain document in the hypervisor's own words, as an agent would hand them to it.

    `format` is the agent's: `qemu-argv` is a command line of QEMU, an option a line, in which
    descriptors that the agent would open have stand-in numbers. Nothing is opened, and what only
    a start settles (ports, terminals) is left open.
    """

    format: Name
    xml: Xml


@operation(
    "domain.create",
    effect=Effect.CHANGE,
    deadline_s=60.0,
    errors=(InvalidDocument, AlreadyExists, HypervisorFailed, StoreFailed),
    since="0.1",
    libvirt=("virDomainCreateXML", "virDomainCreateLinux"),
)
class Create(Request[DomainRecord]):
    """Start a transient domain from its document.

    On return the guest runs (or is paused). It is gone from the list once it stops.
    """

    xml: Xml
    paused: bool = False


@operation(
    "domain.lookup",
    effect=Effect.READ,
    deadline_s=10.0,
    errors=(NoSuchDomain, InvalidArgument),
    since="0.1",
    libvirt=("virDomainLookupByName", "virDomainLookupByUUID", "virDomainLookupByID"),
)
class Lookup(Request[DomainRecord]):
    """Find a domain by exactly one of its name, UUID or runtime id."""

    name: Name | None = None
    uuid: UUID | None = None
    id: int | None = None


@operation(
    "domain.list",
    method="list_domains",
    effect=Effect.READ,
    deadline_s=30.0,
    since="0.1",
    libvirt=(
        "virConnectListAllDomains",
        "virConnectListDomains",
        "virConnectNumOfDomains",
        "virConnectListDefinedDomains",
        "virConnectNumOfDefinedDomains",
    ),
)
class ListDomains(Request[DomainList]):
    """List domains; a filter that is None lets all pass.

    `states` lets pass the named ones only; empty lets all pass.
    """

    active: bool | None = None
    persistent: bool | None = None
    autostart: bool | None = None
    states: tuple[State, ...] = ()


@operation(
    "domain.start",
    effect=Effect.CHANGE,
    deadline_s=60.0,
    errors=(*_RUN, StoreFailed),
    since="0.1",
    libvirt=("virDomainCreate", "virDomainCreateWithFlags"),
)
class Start(Request[DomainRecord]):
    """Start a defined domain. On return its guest runs, or is paused if asked for."""

    domain: UUID
    paused: bool = False


@operation(
    "domain.shutdown",
    effect=Effect.CHANGE,
    deadline_s=10.0,
    errors=_RUN,
    since="0.1",
    libvirt=("virDomainShutdown", "virDomainShutdownFlags"),
)
class Shutdown(Request[None]):
    """Ask the guest to shut down. On return it has been asked; it may take its time or refuse."""

    domain: UUID


@operation(
    "domain.reboot",
    effect=Effect.CHANGE,
    deadline_s=10.0,
    errors=_RUN,
    since="0.1",
    libvirt=("virDomainReboot",),
)
class Reboot(Request[None]):
    """Ask the guest to shut down and start again. On return it has been asked."""

    domain: UUID


@operation(
    "domain.reset",
    effect=Effect.CHANGE,
    deadline_s=10.0,
    errors=_RUN,
    since="0.1",
    libvirt=("virDomainReset",),
)
class Reset(Request[None]):
    """Press the reset button. On return the guest starts anew; unsaved data is lost."""

    domain: UUID


@operation(
    "domain.suspend",
    effect=Effect.CHANGE,
    deadline_s=10.0,
    errors=_RUN,
    since="0.1",
    libvirt=("virDomainSuspend",),
)
class Suspend(Request[None]):
    """Stop the guest's CPUs. On return it is paused; its memory stays where it is."""

    domain: UUID


@operation(
    "domain.resume",
    effect=Effect.CHANGE,
    deadline_s=10.0,
    errors=_RUN,
    since="0.1",
    libvirt=("virDomainResume",),
)
class Resume(Request[None]):
    """Let a paused guest run on. On return it runs."""

    domain: UUID


@operation(
    "domain.destroy",
    effect=Effect.FORCE,
    deadline_s=30.0,
    errors=(NoSuchDomain, InvalidState, HypervisorFailed),
    since="0.1",
    ends_change=True,
    libvirt=("virDomainDestroy", "virDomainDestroyFlags"),
)
class Destroy(Request[None]):
    """End the guest at once. On return its process is gone; a transient domain is too.

    It waits for no other operation; a start or another change of the guest that is under way is
    cancelled. The hypervisor has `grace_ms` to close its files before it is killed.
    """

    domain: UUID
    grace_ms: Annotated[int, msgspec.Meta(ge=0, le=20_000)] = 5000


@operation(
    "domain.undefine",
    effect=Effect.CHANGE,
    deadline_s=30.0,
    errors=(NoSuchDomain, InvalidState, StoreFailed),
    since="0.1",
    libvirt=("virDomainUndefine", "virDomainUndefineFlags"),
)
class Undefine(Request[None]):
    """Forget a definition. On return it is off the disk; a running domain becomes transient."""

    domain: UUID


@operation(
    "domain.set_autostart",
    effect=Effect.CHANGE,
    deadline_s=30.0,
    errors=(NoSuchDomain, InvalidState, StoreFailed),
    since="0.1",
    libvirt=("virDomainSetAutostart",),
)
class SetAutostart(Request[None]):
    """Say whether the domain starts with its host. On return that is on disk."""

    domain: UUID
    autostart: bool


@operation(
    "domain.get_autostart",
    effect=Effect.READ,
    deadline_s=10.0,
    errors=(NoSuchDomain,),
    since="0.1",
    libvirt=("virDomainGetAutostart",),
    published=lambda record: record.autostart,
)
class GetAutostart(Request[bool]):
    """Say whether the domain starts with its host."""

    domain: UUID


@operation(
    "domain.get_state",
    effect=Effect.READ,
    deadline_s=10.0,
    errors=(NoSuchDomain,),
    since="0.1",
    libvirt=("virDomainGetState",),
    published=_state_of,
)
class GetState(Request[DomainState]):
    """Tell the domain's state and the reason for it, as last published."""

    domain: UUID


@operation(
    "domain.get_record",
    effect=Effect.READ,
    deadline_s=10.0,
    errors=(NoSuchDomain,),
    since="0.1",
    libvirt=(
        "virDomainIsActive",
        "virDomainIsPersistent",
        "virDomainIsUpdated",
        "virDomainGetOSType",
        "virDomainGetMaxMemory",
    ),
    published=lambda record: record,
)
class GetRecord(Request[DomainRecord]):
    """Give the domain's record as last published: all that is known without asking the guest."""

    domain: UUID


@operation(
    "domain.get_info",
    effect=Effect.READ,
    deadline_s=10.0,
    errors=(NoSuchDomain,),
    since="0.1",
    libvirt=("virDomainGetInfo",),
)
class GetInfo(Request[DomainInfo]):
    """Tell state, memory, virtual CPUs and the CPU time used until now."""

    domain: UUID


@operation(
    "domain.get_xml",
    effect=Effect.READ,
    deadline_s=10.0,
    errors=(NoSuchDomain,),
    since="0.1",
    libvirt=("virDomainGetXMLDesc",),
)
class GetXml(Request[DomainXml]):
    """Give the domain's document: the live one while it runs, unless `inactive`."""

    domain: UUID
    inactive: bool = False


@operation(
    "domain.get_secret_xml",
    effect=Effect.READ,
    deadline_s=10.0,
    errors=(NoSuchDomain,),
    since="0.1",
    libvirt=("virDomainGetXMLDesc",),
    secret=True,
)
class GetSecretXml(Request[DomainXml]):
    """Give the domain's document with its secrets (passwords of graphics) in it."""

    domain: UUID
    inactive: bool = False


@operation(
    "domain.get_stats",
    effect=Effect.READ,
    deadline_s=10.0,
    errors=(NoSuchDomain,),
    since="0.1",
    libvirt=(
        "virDomainBlockStats",
        "virDomainBlockStatsFlags",
        "virDomainInterfaceStats",
        "virDomainMemoryStats",
        "virDomainGetCPUStats",
        "virDomainListGetStats",
    ),
)
class GetStats(Request[DomainStats]):
    """Give the domain's statistics, asked of the guest now."""

    domain: UUID


@operation(
    "domain.get_all_stats",
    method="get_all_domain_stats",
    effect=Effect.READ,
    deadline_s=30.0,
    since="0.1",
    libvirt=("virConnectGetAllDomainStats",),
)
class GetAllStats(Request[StatsList]):
    """Give the statistics of all domains, asked of all guests at once.

    A guest that does not answer within `wait_ms` has `complete=False`; it holds up nobody.
    """

    active: bool | None = None
    wait_ms: Annotated[int, msgspec.Meta(ge=0, le=25_000)] = 2000


@operation(
    "domain.rename",
    effect=Effect.CHANGE,
    deadline_s=30.0,
    errors=(NoSuchDomain, AlreadyExists, InvalidState, InvalidArgument, StoreFailed),
    since="0.1",
    libvirt=("virDomainRename",),
)
class Rename(Request[DomainRecord]):
    """Give an inactive domain another name. On return that is on disk."""

    domain: UUID
    name: Name


@operation(
    "domain.get_metadata",
    effect=Effect.READ,
    deadline_s=10.0,
    errors=(NoSuchDomain, InvalidArgument),
    since="0.1",
    libvirt=("virDomainGetMetadata",),
)
class GetMetadata(Request[MetadataText]):
    """Give the title, the description, or the metadata element of namespace `uri`."""

    domain: UUID
    kind: MetadataKind
    uri: Name | None = None


@operation(
    "domain.set_metadata",
    effect=Effect.CHANGE,
    deadline_s=30.0,
    errors=(NoSuchDomain, InvalidArgument, InvalidDocument, StoreFailed),
    since="0.1",
    libvirt=("virDomainSetMetadata",),
)
class SetMetadata(Request[None]):
    """Set or, with `text` None, remove a piece of metadata. On return that is on disk.

    For `element`, `text` is an XML element, kept under the namespace `uri` with prefix `key`.
    It holds for the running guest's document and for the definition alike.
    """

    domain: UUID
    kind: MetadataKind
    text: Text | None
    uri: Name | None = None
    key: Name | None = None


@operation(
    "domain.send_key",
    effect=Effect.CHANGE,
    deadline_s=10.0,
    errors=(*_RUN, InvalidArgument),
    since="0.1",
    libvirt=("virDomainSendKey",),
)
class SendKey(Request[None]):
    """Press keys together for a while, then let go.

    `keys` are names as QEMU has them ("ctrl", "alt", "delete", "a", "ret"); on return the
    hypervisor has taken them.
    """

    domain: UUID
    keys: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=16)]
    hold_time_ms: Annotated[int, msgspec.Meta(ge=0, le=5000)] = 100


@operation(
    "domain.open_console",
    effect=Effect.FORCE,
    deadline_s=10.0,
    errors=(NoSuchDomain, InvalidState, InvalidArgument, HypervisorFailed),
    since="0.1",
    libvirt=("virDomainOpenConsole",),
    stream=True,
)
class OpenConsole(Request[None]):
    """Open a stream both ways to a serial port or console of a running guest.

    `device` is its alias ("serial0"); without it the first one is taken. One client at a time has
    it: `steal` takes it from whoever has it now.
    """

    domain: UUID
    device: Name | None = None
    steal: bool = False
