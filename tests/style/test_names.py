"""A quantity's unit is part of its name: memory_kib, timeout_s, size_bytes."""

import ast
import re
from collections.abc import Iterator

from tests.style.tree import is_generated, place, python_files, refuse, tree

QUANTITIES = {
    "age", "allocation", "available", "bandwidth", "capacity", "deadline", "delay", "downtime",
    "duration", "elapsed", "frequency", "grace", "granularity", "heartbeat", "interval",
    "latency", "length", "lifetime", "memory", "offset", "pause", "period", "quota",
    "rate", "remaining", "size", "speed", "swap", "time", "timeout", "timestamp", "ttl",
    "uptime", "wait",
}  # fmt: skip
NUMBER = re.compile(r"\b(int|float|\w*Int|\w*Float)\b")


def quantities(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Each parameter and field that is a number and whose name ends with a quantity and no unit."""
    for node in ast.walk(module):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                pass
            case ast.arg(arg=name, annotation=ast.expr() as annotation):
                pass
            case _:
                continue
        if name.rsplit("_", 1)[-1] in QUANTITIES and NUMBER.search(ast.unparse(annotation)):
            yield node.lineno, name


def test_quantities_have_units() -> None:
    faults = [
        f"{place(path, line)}: {name}"
        for path in python_files(
            "sdk/virtbus/operations", "sdk/virtbus/model", "sdk/virtbus/client"
        )
        if not is_generated(path)
        for line, name in quantities(tree(path))
    ]
    refuse(faults, "a number without its unit in the name (_kib, _bytes, _ns, _ms, _s):")
