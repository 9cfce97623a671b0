"""Hyper-V's enlightenments, as flags of the processor."""

from __future__ import annotations

from collections.abc import Iterator

from virtbus.model.domain.hyperv import Hyperv

from ..words import invalid

_SWITCHES = (
    "relaxed", "vapic", "spinlocks", "vpindex", "runtime", "synic", "stimer", "reset", "vendor_id",
    "frequencies", "reenlightenment", "tlbflush", "ipi", "evmcs", "avic", "emsr_bitmap",
    "xmm_input",
)  # fmt: skip
_PARTS = {
    "stimer": (("direct", "hv-stimer-direct"),),
    "tlbflush": (("direct", "hv-tlbflush-direct"), ("extended", "hv-tlbflush-ext")),
}


def hyperv_options(hyperv: Hyperv | None) -> Iterator[str]:
    """Each enlightenment that is on, in libvirt's order."""
    if hyperv is None:
        return
    if hyperv.mode == "passthrough":
        yield "hv-passthrough=on"
        return
    for name in _SWITCHES:
        feature = getattr(hyperv, name)
        if feature is None or not feature.state:
            continue
        if name == "spinlocks":
            yield f"hv-spinlocks={feature.retries:#x}"
        elif name == "vendor_id":
            yield f"hv-vendor-id={_vendor(feature.value or '')}"
        else:
            yield f"hv-{name.replace('_', '-')}=on"
        for part, flag in _PARTS.get(name, ()):
            if getattr(feature, part) is not None:
                yield f"{flag}=on"


def _vendor(text: str) -> str:
    if not text.isascii() or not text.isprintable() or "," in text or len(text) > 12:
        raise invalid("features/hyperv/vendor_id", "expected at most 12 plain characters")
    return text
