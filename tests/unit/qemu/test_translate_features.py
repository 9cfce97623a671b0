"""Features are found in the QMP schema and the option list, and not where they are not."""

from __future__ import annotations

from typing import Any

import pytest

from virtbus_qemu.translate.features import features_of, schema_has

SCHEMA: list[dict[str, Any]] = [
    {"name": "chardev-add", "meta-type": "command", "arg-type": "1", "ret-type": "0"},
    {"name": "query-options", "meta-type": "command", "arg-type": "0", "ret-type": "[5]"},
    {"name": "0", "meta-type": "object", "members": []},
    {"name": "1", "meta-type": "object", "members": [{"name": "backend", "type": "2"}]},
    {
        "name": "2",
        "meta-type": "object",
        "tag": "type",
        "members": [{"name": "type", "type": "3"}],
        "variants": [{"case": "socket", "type": "4"}, {"case": "null", "type": "0"}],
    },
    {"name": "3", "meta-type": "enum", "values": ["socket", "null"]},
    {
        "name": "4",
        "meta-type": "object",
        "members": [
            {"name": "data", "type": "6"},
            {"name": "either", "type": "7"},
        ],
    },
    {"name": "[5]", "meta-type": "array", "element-type": "5"},
    {"name": "5", "meta-type": "object", "members": [{"name": "kind", "type": "3"}]},
    {"name": "6", "meta-type": "object", "members": [{"name": "reconnect-ms", "type": "3"}]},
    {"name": "7", "meta-type": "alternate", "members": [{"type": "3"}, {"type": "6"}]},
]
ENTITIES = {entity["name"]: entity for entity in SCHEMA}


@pytest.mark.parametrize(
    "path, there",
    [
        ("chardev-add", True),
        ("chardev-add/backend/socket/data/reconnect-ms", True),
        ("chardev-add/backend/null/data", False),
        ("chardev-add/backend/type/null", True),
        ("chardev-add/backend/type/pty", False),
        ("chardev-add/backend/socket/either/reconnect-ms", True),
        ("chardev-add/backend/socket/either/null", True),
        ("chardev-add/backend/socket/either/none", False),
        ("query-options/kind/socket", True),
        ("query-options/kind/socket/more", False),
        ("blockdev-add/nvme", False),
    ],
)
def test_a_path_leads_somewhere_or_not(path: str, there: bool) -> None:
    assert schema_has(ENTITIES, path.split("/")) is there


def test_features_have_names() -> None:
    found = features_of(SCHEMA, [{"option": "spice", "parameters": [{"name": "gl"}]}])
    assert found == {
        "chardev-reconnect-ms",
        "option-spice",
        "option-spice-gl",
        "command:chardev-add",
        "command:query-options",
    }
