"""What a guest is when it starts, and what the host must have ready for it.

First step of a start: `prepare` settles the live document and says what it needs; the agent
makes that ready; then `translate` writes the command line of the same document.
"""

from __future__ import annotations

import msgspec

from virtbus.model.domain import Domain, copy_domain
from virtbus.model.names import check_name

from .aliases import assign_aliases
from .alignment import align_memory
from .capabilities import QemuCapabilities
from .check import check
from .companions import passt_companions, tpm_companions
from .complete import complete
from .firmware import HostFirmware
from .host_cpu import settle_host_cpu
from .host_devices import ScsiRequest, UsbRequest, scsi_needed, usb_needed, vhost_scsi_needed
from .machine import board_for
from .options.filesystems import filesystem_companions
from .options.interfaces import taps_needed
from .passed import fds_needed, name_sockets
from .runtime import Companion, FdRequest, ScreenSettings, TapRequest
from .screens import ports_needed
from .storage.needs import StorageNeeds, storage_needs
from .unsupported import refuse_unsupported

DEFAULT_SCREENS = ScreenSettings()


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What a guest needs of its host before it can start; answered in `RuntimePaths`.

    `ports` are names of free TCP ports; `vhost_scsi` the aliases of host adapters.
    """

    taps: tuple[TapRequest, ...]
    fds: tuple[FdRequest, ...]
    companions: tuple[Companion, ...]
    storage: StorageNeeds
    ports: tuple[str, ...]
    usb: tuple[UsbRequest, ...]
    scsi: tuple[ScsiRequest, ...]
    vhost_scsi: tuple[str, ...]


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """The live document of a guest that is to start, complete and with aliases, and its needs."""

    domain: Domain
    needs: Needs


def prepare(
    domain: Domain,
    caps: QemuCapabilities,
    directory: str,
    *,
    state: str = "",
    screens: ScreenSettings = DEFAULT_SCREENS,
    firmware: HostFirmware | None = None,
) -> Prepared:
    """Settle a live copy of `domain`, and say what it needs.

    `directory` is the guest's own run directory, `state` its own for what outlives a run;
    `firmware` is what the host has, without which none is chosen.
    Raises Unsupported, naming the element, for what this agent cannot do, and
    InvalidDocument for what contradicts the machine.
    """
    check_name(domain.name)
    refuse_unsupported(domain)
    live = copy_domain(domain)
    complete(live, caps, starting=True, firmware=firmware)
    check(live, caps)
    settle_host_cpu(live, board_for(live, caps))
    align_memory(live, caps.arch)
    assign_aliases(live, board_for(live, caps))
    name_sockets(live, directory)
    return Prepared(domain=live, needs=_needs(live, caps, directory, state, screens))


def _needs(
    live: Domain, caps: QemuCapabilities, directory: str, state: str, screens: ScreenSettings
) -> Needs:
    return Needs(
        taps=tuple(taps_needed(live)),
        fds=tuple(fds_needed(live)),
        companions=(
            *filesystem_companions(live, directory),
            *tpm_companions(live, directory, state),
            *passt_companions(live, directory),
        ),
        storage=storage_needs(live, caps),
        ports=tuple(ports_needed(live, screens)),
        usb=tuple(usb_needed(live)),
        scsi=tuple(scsi_needed(live)),
        vhost_scsi=tuple(vhost_scsi_needed(live)),
    )
