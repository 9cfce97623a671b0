"""docs/OPERATIONS.md is what the catalogue says today."""

from tools.operations_doc import TARGET, document
from virtbus.operations import CATALOGUE


def test_the_page_is_not_stale() -> None:
    assert TARGET.read_text(encoding="utf-8") == document(), "run python tools/operations_doc.py"


def test_the_page_has_each_operation_and_each_function_it_covers() -> None:
    text = document()
    for operation in CATALOGUE.values():
        assert f"\n### {operation.name}\n" in text
        for function in operation.libvirt:
            assert f"`{function}`" in text
