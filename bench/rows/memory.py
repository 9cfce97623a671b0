"""Memory of the idle processes, freshly started."""

from __future__ import annotations

from bench.goals import at_most
from bench.row import OURS, Group, Row
from bench.rows.preparations import running

GROUP = Group(
    "memory",
    running([]),
    (
        Row(
            name="pss_broker",
            what="memory (PSS) of the idle broker; idle libvirtd",
            unit="MiB",
            goal=at_most(25, "MiB"),
            measure=lambda manager: manager.memory_kib("broker") / 1024,
        ),
        Row(
            name="pss_agent",
            what="memory (PSS) of the idle qemu-agent",
            unit="MiB",
            goal=at_most(40, "MiB"),
            measure=lambda manager: manager.memory_kib("agent") / 1024,
            managers=(OURS,),
        ),
    ),
)
