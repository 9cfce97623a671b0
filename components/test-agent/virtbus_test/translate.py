"""Words of the test-agent: its default domain, its host, and lists of domains in a file."""

from __future__ import annotations

from lxml import etree

from virtbus.errors import InvalidDocument
from virtbus.model.capabilities import (
    CAPABILITIES,
    Capabilities,
    Guest,
    GuestArch,
    GuestDomain,
    Host,
    HostCpu,
)
from virtbus.operations.host import HostInfo

MAX_FILE_BYTES = 8 * 1024 * 1024
DEFAULT_DOMAIN = """\
<domain type='test'>
  <name>test</name>
  <uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>
  <memory unit='KiB'>8388608</memory>
  <currentMemory unit='KiB'>2097152</currentMemory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64'>hvm</type><boot dev='hd'/></os>
  <devices><serial type='pty'/></devices>
</domain>
"""
ARCHITECTURE = "x86_64"


def domains_of_file(text: bytes) -> list[str]:
    """The domain documents in a file: one `<domain>`, or a `<node>` that holds some.

    Raises InvalidDocument if it is neither.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        raise _refused(error.lineno or 0, "", "not well-formed XML") from error
    if root.getroottree().docinfo.doctype:
        raise _refused(0, "", "a document type is not allowed")
    if root.tag == "domain":
        return [etree.tostring(root, encoding="unicode")]
    if root.tag != "node":
        raise _refused(root.sourceline or 0, str(root.tag), "expected <domain> or <node>")
    return [etree.tostring(each, encoding="unicode") for each in root.findall("domain")]


def capabilities() -> str:
    """The capabilities of the test host."""
    return CAPABILITIES.format(
        Capabilities(
            host=Host(cpu=HostCpu(arch=ARCHITECTURE)),
            guests=[
                Guest(
                    os_type="hvm",
                    arch=GuestArch(
                        name=ARCHITECTURE, wordsize=64, domains=[GuestDomain(type="test")]
                    ),
                )
            ],
        )
    )


def host_info(hostname: str, version: str, route: str) -> HostInfo:
    """The test host: 16 processors and 3 GiB, as in libvirt's test driver."""
    return HostInfo(
        hostname=hostname,
        hypervisor="TEST",
        hypervisor_version=2,
        agent_version=version,
        cpu_model=ARCHITECTURE,
        cpus=16,
        mhz=1400,
        nodes=2,
        sockets=2,
        cores=2,
        threads=2,
        memory_kib=3 * 1024 * 1024,
        free_memory_kib=2 * 1024 * 1024,
        uri=route,
    )


def _refused(line: int, element: str, reason: str) -> InvalidDocument:
    return InvalidDocument(f"line {line}: {reason}", line=line, element=element, reason=reason)
