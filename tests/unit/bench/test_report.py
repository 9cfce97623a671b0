import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from bench.measure import Noise
from bench.report import BEGIN, END, as_json, cells, markdown, notes, print_table, write_markdown
from bench.runner import Outcome

NOISE = Noise(wall_s=1.0, busy_share=0.5, load_average=1.25, spin_ms=24.0, cores=2)
MET = Outcome(
    name="destroy",
    what="destroy of one | guest",
    unit="ms",
    ours=5.0,
    peer=213.0,
    ratio=0.0235,
    goal="<= 20 ms",
    met=True,
    peer_name="libvirt",
    others={"SIGTERM by hand": 4.5},
    runs=9,
    noise=NOISE,
)
MISSING = Outcome(
    name="read_rate",
    what="reads",
    unit="1/s",
    ours=12345.6,
    peer=None,
    ratio=None,
    goal=">= 1 x peer",
    met=None,
    peer_name="libvirt",
    notes=("no libvirt: not a Debian",),
)


def test_json_is_a_list_with_the_agreed_keys() -> None:
    rows = json.loads(as_json([MET, MISSING]))
    for row in rows:
        assert {"name", "unit", "ours", "peer", "ratio", "goal", "met"} <= set(row)
    assert rows[0]["met"] is True
    assert rows[1]["peer"] is None
    assert rows[1]["notes"] == ["no libvirt: not a Debian"]


def test_cells_name_the_peer_and_what_else_was_measured() -> None:
    assert cells(MET)[2:] == (
        "5 ms",
        "213 (libvirt)",
        "0.0235",
        "<= 20 ms",
        "yes",
        "SIGTERM by hand 4.5",
    )
    assert cells(MISSING)[2:7] == ("12,346 1/s", "- (libvirt)", "-", ">= 1 x peer", "?")


def test_the_printed_table_ends_with_notes_and_noise() -> None:
    text = io.StringIO()
    print_table([MET, MISSING], Console(file=text, width=200))
    assert "read_rate: no libvirt: not a Debian" in text.getvalue()
    assert "213 (libvirt)" in text.getvalue()
    assert "2 cores, load average 1.2 to 1.2" in text.getvalue()


def test_bars_in_a_text_do_not_break_the_markdown_table() -> None:
    row = next(line for line in markdown([MET]).splitlines() if "destroy" in line)
    assert "one \\| guest" in row


def test_the_table_between_the_markers_is_replaced_and_the_rest_kept(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_markdown(readme, [MET])
    write_markdown(readme, [MET])
    text = readme.read_text()
    assert text.startswith(f"before\n{BEGIN}\n| figure |")
    assert text.endswith(f"{END}\nafter\n")
    assert "old" not in text
    assert text.count("| destroy |") == 1


@pytest.mark.parametrize("text", ["", BEGIN, END + BEGIN, BEGIN + BEGIN + END])
def test_a_file_without_its_two_markers_is_left_alone(tmp_path: Path, text: str) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(ValueError, match="needs one"):
        write_markdown(readme, [MET])
    assert readme.read_text() == text


def test_a_reason_is_told_once_for_all_its_rows() -> None:
    other = replace(MISSING, name="define_5000")
    assert notes([MISSING, MET, other]) == ["read_rate, define_5000: no libvirt: not a Debian"]
