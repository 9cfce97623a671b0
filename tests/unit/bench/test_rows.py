import argparse

import pytest

from bench.__main__ import ROWS, names_of
from bench.row import OURS
from bench.rows import GROUPS


def test_every_row_has_a_name_of_its_own_and_a_way_to_our_figure() -> None:
    rows = [row for group in GROUPS for row in group.rows]
    assert len(ROWS) == len(rows)
    for row in rows:
        assert (OURS in row.managers and row.measure is not None) or OURS in row.references
        assert row.runs >= 5


def test_a_goal_against_a_peer_names_one_that_is_measured() -> None:
    for row in ROWS.values():
        if "peer" in row.goal.text:
            assert row.peer in row.managers or row.peer in row.references, row.name


def test_rows_are_chosen_by_name() -> None:
    assert names_of("destroy, start_one") == ["destroy", "start_one"]
    with pytest.raises(argparse.ArgumentTypeError, match="nonsense"):
        names_of("destroy,nonsense")
    with pytest.raises(argparse.ArgumentTypeError):
        names_of("")
