"""Guests that are sealed from the host, and the host from guests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.model.domain import Domain
from virtbus.model.domain.security import Sev, SevSnp

from ..capabilities import QemuCapabilities
from ..runtime import RuntimePaths
from ..words import json_option, on_off

_SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
DH_CERT_FILE, SESSION_FILE = "dh_cert.base64", "session.base64"


def sealing_options(domain: Domain, runtime: RuntimePaths) -> Iterator[str]:
    """The object that the machine's `confidential-guest-support` names."""
    sealed = domain.launch_security
    if sealed is None:
        return
    properties: dict[str, Any]
    if isinstance(sealed, Sev):
        properties = {
            "qom-type": "sev-guest",
            "id": "lsec0",
            "cbitpos": sealed.cbitpos,
            "reduced-phys-bits": sealed.reduced_phys_bits,
            "policy": sealed.policy,
            "dh-cert-file": f"{runtime.directory}/{DH_CERT_FILE}" if sealed.dh_cert else None,
            "session-file": f"{runtime.directory}/{SESSION_FILE}" if sealed.session else None,
            "kernel-hashes": sealed.kernel_hashes,
        }
    elif isinstance(sealed, SevSnp):
        properties = {
            "qom-type": "sev-snp-guest",
            "id": "lsec0",
            "cbitpos": sealed.cbitpos,
            "reduced-phys-bits": sealed.reduced_phys_bits,
            "kernel-hashes": sealed.kernel_hashes,
            "policy": sealed.policy,
            "guest-visible-workarounds": sealed.guest_visible_workarounds,
            "id-block": sealed.id_block,
            "id-auth": sealed.id_auth,
            "host-data": sealed.host_data,
            "author-key-enabled": sealed.author_key,
            "vcek-disabled": None if sealed.vcek is None else not sealed.vcek,
        }
    else:
        properties = {"qom-type": "s390-pv-guest", "id": "lsec0"}
    yield from ("-object", json_option(properties))


def sealing_files(domain: Domain) -> dict[str, str]:
    """The files that must stand in the guest's own directory, by name, with their text."""
    sealed = domain.launch_security
    if not isinstance(sealed, Sev):
        return {}
    texts = {DH_CERT_FILE: sealed.dh_cert, SESSION_FILE: sealed.session}
    return {name: text for name, text in texts.items() if text}


def sandbox_options(domain: Domain, caps: QemuCapabilities) -> Iterator[str]:
    """What QEMU may not ask of the kernel; whether its memory is torn down afterwards."""
    if caps.has("option-sandbox"):
        yield from ("-sandbox", _SANDBOX)
    teardown = domain.features.async_teardown if domain.features else None
    if teardown is not None and caps.has("option-run-with-async-teardown"):
        yield from ("-run-with", f"async-teardown={on_off(teardown.enabled is not False)}")
