"""The test-agent: can show everything, at once."""

from uuid import UUID

from tests.contract.harness import Harness


def document(name: str, uuid: UUID) -> str:
    return f"""
<domain type='test'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='MiB'>64</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64'>hvm</type></os>
  <devices>
    <serial type='pty'/>
    <graphics type='vnc' passwd='secret'/>
  </devices>
</domain>"""


HARNESS = Harness(
    package="virtbus_test",
    route="test:///default",
    document=document,
    knows_keys=False,
    greeting=b"virtbus guest ready",
)
