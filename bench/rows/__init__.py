"""The rows of the benchmark table, a file for each subject."""

from __future__ import annotations

from bench.row import Group
from bench.rows import (
    documents,
    faults,
    lifecycle,
    memory,
    reads,
    scale,
    start_up,
    statistics,
    watching,
)

GROUPS: tuple[Group, ...] = (
    memory.GROUP,
    lifecycle.GROUP,
    watching.GROUP,
    reads.GROUP,
    statistics.GROUP,
    faults.GROUP,
    scale.GROUP,
    documents.GROUP,
    start_up.GROUP,
)
"""All groups, in the order they are measured."""
