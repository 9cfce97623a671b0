"""<features>: what a guest may have that is no device."""

from typing import Annotated

from msgspec import field

from ..engine.declare import Child, Children, Element, Name, Needed, Size, Value
from ..engine.values import UInt, ULong, Unit, YesNo
from .support import Support


class SevSupport(Element, kw_only=True):
    """<sev>: memory encryption by AMD processors."""

    supported: Needed[YesNo]
    cbitpos: Value[UInt] = None
    reduced_phys_bits: Annotated[Value[UInt], Name("reducedPhysBits")] = None
    max_guests: Annotated[Value[UInt], Name("maxGuests")] = None
    max_es_guests: Annotated[Value[UInt], Name("maxESGuests")] = None
    cpu0_id: Annotated[Value[str], Name("cpu0Id")] = None


class EnclaveSize(Element, kw_only=True):
    """<section_size>: all enclave memory there is."""

    size_kib: Annotated[Size, Unit("KiB", "KiB")]


class EnclaveSection(Element, kw_only=True):
    """<section>: the enclave memory of one NUMA node."""

    node: Needed[UInt]
    size_in_unit: Annotated[Needed[ULong], Name("size")]
    unit: Needed[str] = "KiB"


class EnclaveSections(Element):
    """<sections>."""

    sections: Annotated[Children[EnclaveSection], Name("section")] = field(default_factory=list)


class SgxSupport(Element, kw_only=True):
    """<sgx>: enclaves of Intel processors."""

    supported: Needed[YesNo]
    flc: Value[YesNo] = None
    sgx1: Value[YesNo] = None
    sgx2: Value[YesNo] = None
    section_size: Child[EnclaveSize] = None
    sections: Child[EnclaveSections] = None


class FeatureSupport(Element):
    """<features>."""

    gic: Child[Support] = None
    vmcoreinfo: Child[Support] = None
    genid: Child[Support] = None
    backing_store_input: Annotated[Child[Support], Name("backingStoreInput")] = None
    backup: Child[Support] = None
    async_teardown: Annotated[Child[Support], Name("async-teardown")] = None
    s390_pv: Annotated[Child[Support], Name("s390-pv")] = None
    ps2: Child[Support] = None
    sev: Child[SevSupport] = None
    sgx: Child[SgxSupport] = None
    hyperv: Child[Support] = None
    launch_security: Annotated[Child[Support], Name("launchSecurity")] = None
