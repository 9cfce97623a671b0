from bench.goals import at_least_times, at_most, at_most_times


def test_a_fixed_limit_is_met_up_to_and_with_its_value() -> None:
    goal = at_most(20, "ms")
    assert goal.text == "<= 20 ms"
    assert goal.judge(20.0, None) is True
    assert goal.judge(20.1, None) is False


def test_a_factor_of_the_peer_moves_with_the_peer() -> None:
    goal = at_most_times(1.5)
    assert goal.judge(60.0, 40.0) is True
    assert goal.judge(60.1, 40.0) is False
    assert goal.judge(60.1, 41.0) is True


def test_more_is_better_for_a_lower_bound() -> None:
    goal = at_least_times(1)
    assert goal.judge(11_000.0, 10_000.0) is True
    assert goal.judge(9_999.0, 10_000.0) is False


def test_a_goal_against_an_absent_peer_is_undecided() -> None:
    assert at_most_times(2).judge(1.0, None) is None
    assert at_least_times(1).judge(1.0, None) is None
