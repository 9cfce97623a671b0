"""docs/documents is what the declarations say today."""

from tools.documents_doc import TARGET, honours, pages
from virtbus.model.documents import KINDS


def test_the_pages_are_not_stale() -> None:
    there = {file.name: file.read_text(encoding="utf-8") for file in TARGET.glob("*.md")}
    assert there == pages(), "run python tools/documents_doc.py"


def test_each_kind_has_a_page_and_agents_are_named() -> None:
    found = pages()
    assert set(found) == {"README.md", *(f"{kind}.md" for kind in KINDS)}
    assert "## domain / devices / disk / driver" in found["domain.md"]
    refused = next(iter(honours()["qemu"]))
    assert refused.partition("/@")[0]
    assert "| qemu |" in found["domain.md"]
    assert "| none |" in found["domain.md"]
