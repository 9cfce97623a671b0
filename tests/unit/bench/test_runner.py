from collections.abc import Callable

from bench.goals import at_most, at_most_times
from bench.row import OURS, Row
from bench.runner import judge, run_row


def row_of(references: dict[str, Callable[[], float]], *, peer: str, runs: int = 5) -> Row:
    return Row(
        name="row",
        what="a row",
        unit="ms",
        goal=at_most_times(2),
        peer=peer,
        managers=(),
        references=references,
        runs=runs,
    )


def test_sides_take_turns_and_the_median_counts() -> None:
    order = []
    values = iter([9.0, 1.0, 5.0, 100.0, 4.0])

    def ours() -> float:
        order.append("ours")
        return next(values)

    def floor() -> float:
        order.append("floor")
        return 2.0

    outcome = run_row(row_of({OURS: ours, "floor": floor}, peer="floor"), {}, {}, quick=False)
    assert order == ["ours", "floor"] * 5
    assert (outcome.ours, outcome.peer, outcome.ratio, outcome.met) == (5.0, 2.0, 2.5, False)
    assert outcome.peer_name == "floor"
    assert outcome.noise is not None


def test_a_side_that_fails_has_no_figure_and_stops_nobody_else() -> None:
    calls = []

    def floor() -> float:
        calls.append(1)
        if len(calls) == 3:
            raise TimeoutError("it hung")
        return 1.0

    outcome = run_row(row_of({OURS: lambda: 3.0, "floor": floor}, peer="floor"), {}, {}, False)
    assert len(calls) == 3
    assert (outcome.ours, outcome.peer, outcome.met) == (3.0, None, None)
    assert outcome.notes == ("floor failed: it hung",)


def test_quick_takes_fewer_samples() -> None:
    calls = []

    def ours() -> float:
        calls.append(1)
        return 1.0

    run_row(row_of({OURS: ours}, peer="", runs=9), {}, {}, quick=True)
    assert len(calls) == 2


def test_an_absent_manager_is_said_with_its_reason() -> None:
    row = Row(
        name="row", what="", unit="ms", goal=at_most(1, "ms"), measure=lambda manager: 1.0, runs=1
    )
    outcome = run_row(row, {}, {OURS: "not installed", "libvirt": "not root"}, quick=False)
    assert outcome.notes == ("no virtbus: not installed", "no libvirt: not root")
    assert (outcome.ours, outcome.met) == (None, False)


def test_figures_that_are_neither_ours_nor_the_peers_stand_beside() -> None:
    row = row_of({"floor": lambda: 1.0, "other": lambda: 1.0}, peer="floor")
    outcome = judge(row, {OURS: 1.0, "floor": 2.0, "other": 3.0}, 5, ())
    assert outcome.others == {"other": 3.0}
    assert (outcome.ratio, outcome.met) == (0.5, True)
