from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.guests import names
from bench.manager import Manager
from bench.virtbus_lab import VirtbusLab

NAMES = names("unit", 3)


class OnTestAgent(VirtbusLab):
    """The lab with the agent that needs no hypervisor."""

    agent = "virtbus-test-agent"


def document(name: str) -> str:
    return (
        f"<domain type='test'><name>{name}</name><memory unit='MiB'>32</memory>"
        "<os><type>hvm</type></os></domain>"
    )


@contextmanager
def virtbus(tmp_path: Path) -> Iterator[Manager]:
    (tmp_path / "node.xml").write_text(f"<node>{document(NAMES[0])}</node>")
    lab = OnTestAgent(tmp_path / "lab", f"test://{tmp_path}/node.xml")
    try:
        yield lab
    finally:
        lab.close()


def test_a_private_virtbus_answers_tells_events_and_leaves_nothing(tmp_path: Path) -> None:
    with virtbus(tmp_path) as manager:
        manager.defined = NAMES[:1]  # the node file's
        manager.define([document(name) for name in NAMES[1:]], NAMES[1:])
        assert manager.list_all() > 0
        assert 0 < manager.read_latency(NAMES[0], calls=20) < 1
        manager.start(NAMES[1:2])
        assert 0 < manager.suspend_event(NAMES[1]) < 10
        manager.client.call("subscribe", count=3)
        assert 0 < manager.fanout(NAMES[1]) < 10
        manager.client.call("unsubscribe")
        assert len(manager.probe(NAMES[1:2], rounds=2, limit_s=5)) == 8
        assert manager.memory_kib("broker") > 1024
        processes = [manager.pid("broker"), manager.pid("agent")]
    assert not any(Path(f"/proc/{pid}").exists() for pid in processes)
