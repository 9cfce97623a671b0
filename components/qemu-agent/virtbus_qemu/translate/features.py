"""What an emulator's QMP schema and option list say it can do.

A feature has a name of ours and a question: a path through the schema, or an option and
its parameter. The schema's form is described in QEMU's qapi/introspect.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

SCHEMA_QUESTIONS: dict[str, str] = {
    "block-backing-mask-protocol": "block-commit/backing-mask-protocol",
    "blockdev-nbdkit-reconnect": "blockdev-add/nbd/reconnect-delay",
    "blockdev-nbd-open-timeout": "blockdev-add/nbd/open-timeout",
    "blockdev-nbd-tls-hostname": "blockdev-add/nbd/tls-hostname",
    "blockdev-fdset": "add-fd/fdset-id",
    "blockdev-discard-no-unref": "blockdev-add/qcow2/discard-no-unref",
    "blockdev-io-uring": "blockdev-add/file/aio/io_uring",
    "blockdev-nvme": "blockdev-add/nvme",
    "blockdev-virtio-blk-vhost-vdpa": "blockdev-add/virtio-blk-vhost-vdpa",
    "blockdev-rbd-encryption": "blockdev-add/rbd/encrypt",
    "blockdev-rbd-encryption-layers": "blockdev-add/rbd/encrypt/parent",
    "blockdev-rbd-luks-any": "blockdev-add/rbd/encrypt/luks-any",
    "blockdev-throttle": "blockdev-add/throttle",
    "chardev-qemu-vdagent": "chardev-add/backend/qemu-vdagent",
    "chardev-reconnect-ms": "chardev-add/backend/socket/data/reconnect-ms",
    "display-dbus": "query-display-options/dbus",
    "display-reload": "display-reload",
    "machine-smp-clusters": "query-cpus-fast/props/cluster-id",
    "netdev-json": "netdev_add/stream",
    "netdev-stream": "netdev_add/stream",
    "netdev-stream-reconnect": "netdev_add/stream/reconnect",
    "netdev-stream-reconnect-ms": "netdev_add/stream/reconnect-ms",
    "netdev-user": "netdev_add/user",
    "netdev-vhost-vdpa": "netdev_add/vhost-vdpa",
    "object-json": "object-add/secret",
    "object-iothread": "object-add/iothread",
    "object-iothread-pool-max": "object-add/iothread/thread-pool-max",
    "object-thread-context": "object-add/thread-context",
    "object-main-loop": "object-add/main-loop",
    "object-memory-file-rom": "object-add/memory-backend-file/rom",
    "object-sev-guest": "object-add/sev-guest",
    "object-sev-snp-guest": "object-add/sev-snp-guest",
    "object-tdx-guest": "object-add/tdx-guest",
    "object-acpi-generic-initiator": "object-add/acpi-generic-initiator",
}
OPTION_QUESTIONS: dict[str, tuple[str, str | None]] = {
    "option-fw-cfg": ("fw_cfg", None),
    "option-run-with-async-teardown": ("run-with", "async-teardown"),
    "option-sandbox": ("sandbox", None),
    "option-spice": ("spice", None),
    "option-spice-gl": ("spice", "gl"),
    "option-spice-rendernode": ("spice", "rendernode"),
    "option-vnc": ("vnc", None),
    "option-vnc-power-control": ("vnc", "power-control"),
}

_Entity: TypeAlias = Mapping[str, Any]


def features_of(schema: Iterable[_Entity], options: Iterable[_Entity]) -> frozenset[str]:
    """The names of the features that are there; each command is one too, as `command:NAME`."""
    entities = {entity["name"]: entity for entity in schema}
    found = {
        name for name, path in SCHEMA_QUESTIONS.items() if schema_has(entities, path.split("/"))
    }
    parameters = {o["option"]: {p["name"] for p in o["parameters"]} for o in options}
    for name, (option, parameter) in OPTION_QUESTIONS.items():
        known = parameters.get(option)
        if known is not None and (parameter is None or parameter in known):
            found.add(name)
    found |= {f"command:{n}" for n, entity in entities.items() if entity["meta-type"] == "command"}
    return frozenset(found)


def schema_has(entities: Mapping[str, _Entity], path: Sequence[str]) -> bool:
    """Whether the path leads somewhere: a command or event, then members, cases, enum values.

    A step into a command goes to its argument, or to its answer where it takes none.
    """
    entity: _Entity | None = entities.get(path[0])
    for step in path[1:]:
        entity = _step(entities, entity, step)
    return entity is not None


_FOUND: _Entity = {"meta-type": "found"}


def _step(entities: Mapping[str, _Entity], entity: _Entity | None, step: str) -> _Entity | None:
    if entity is None:
        return None
    match entity:
        case {"meta-type": "command", "arg-type": taken, "ret-type": given}:
            argument = entities[taken]
            if not argument.get("members") and "variants" not in argument:
                argument = entities[given]
            return _step(entities, argument, step)
        case {"meta-type": "event", "arg-type": taken}:
            return _step(entities, entities[taken], step)
        case {"meta-type": "array", "element-type": element}:
            return _step(entities, entities[element], step)
        case {"meta-type": "object"}:
            return _member(entities, entity, step)
        case {"meta-type": "alternate", "members": members}:
            choices = (_step(entities, entities[m["type"]], step) for m in members)
            return next((choice for choice in choices if choice is not None), None)
        case {"meta-type": "enum", "values": values}:
            return _FOUND if step in values else None
        case _:
            return None


def _member(entities: Mapping[str, _Entity], entity: _Entity, step: str) -> _Entity | None:
    for member in entity["members"]:
        if member["name"] == step:
            return entities[member["type"]]
    for variant in entity.get("variants", ()):
        if variant["case"] == step:
            return entities[variant["type"]]
    return None
