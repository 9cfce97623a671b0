import time

import pytest

from bench.clients.serve import Arrivals, bounded_probes, calls_per_s, median_call_s, parallel


def test_parallel_calls_overlap() -> None:
    seconds = parallel([lambda: time.sleep(0.1)] * 10)
    assert 0.1 <= seconds < 0.5


def test_an_error_of_a_parallel_call_is_raised_after_all_have_ended() -> None:
    ended = []

    def late() -> None:
        time.sleep(0.05)
        ended.append(True)

    def broken() -> None:
        raise LookupError("no such guest")

    with pytest.raises(LookupError, match="no such guest"):
        parallel([broken, late])
    assert ended == [True]


def test_probes_stop_at_the_first_that_is_blocked() -> None:
    times = bounded_probes([lambda: None, lambda: time.sleep(0.5), lambda: None], 3, 0.05)
    assert len(times) == 2
    assert times[0] < 0.05
    assert times[1] == 0.05


def test_probes_that_answer_are_all_timed() -> None:
    times = bounded_probes([lambda: None, lambda: time.sleep(0.01)], 3, 1.0)
    assert len(times) == 6
    assert all(value >= 0.01 for value in times[1::2])


def test_the_median_call_is_not_moved_by_a_slow_one() -> None:
    pauses = iter([0.0] * 11 + [0.2] + [0.0] * 99)
    assert median_call_s(lambda: time.sleep(next(pauses)), 100) < 0.1


def test_the_rate_counts_the_calls_of_all_threads() -> None:
    rate = calls_per_s([lambda: time.sleep(0.02)] * 4, 0.2)
    assert 60 < rate <= 220


def test_an_arrival_counts_once_for_each_subscriber_and_not_before_its_time() -> None:
    arrivals = Arrivals()
    arrivals.add("guest", "suspended", 0)
    since = time.perf_counter()
    arrivals.add("guest", "suspended", 1)
    arrivals.add("guest", "suspended", 1)
    arrivals.add("other", "suspended", 2)
    assert arrivals.wait("guest", "suspended", since) >= since
    arrivals.add("guest", "suspended", 2)
    last = arrivals.wait("guest", "suspended", since, subscribers=2)
    assert since <= last <= time.perf_counter()
