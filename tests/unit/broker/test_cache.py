from hypothesis import given
from hypothesis import strategies as st

from virtbus_broker.cache import MAX_SNAPSHOTS, Cache, Value
from virtbus_broker.peers import Part
from virtbus_broker.snapshots import synced_values

ROUTE = "test:///default"
DOMAINS, NETWORKS = "state/domain/", "state/network/"


def test_a_snapshot_is_there_only_after_a_sync() -> None:
    cache = Cache()
    cache.store(ROUTE, "state/domain/a", Value(1, 1, b"x"))
    assert cache.snapshot(ROUTE, DOMAINS) is None
    cache.sync(ROUTE, DOMAINS, 1, 5, {"state/domain/a": b"y"})
    found = cache.snapshot(ROUTE, DOMAINS)
    assert found is not None
    assert (found.number, found.epoch) == (5, 1)
    assert synced_values([b"", *found.frames]) == {"state/domain/a": b"y"}


def test_each_kind_has_its_own_sync_and_number() -> None:
    cache = Cache()
    cache.sync(ROUTE, DOMAINS, 1, 5, {"state/domain/a": b"y"})
    cache.store(ROUTE, "state/network/n", Value(8, 1, b"n"))
    assert cache.snapshot(ROUTE, NETWORKS) is None
    cache.sync(ROUTE, NETWORKS, 1, 9, {"state/network/m": b"m"})
    cache.store(ROUTE, "state/domain/b", Value(6, 1, b"z"))
    domains, networks = cache.snapshot(ROUTE, DOMAINS), cache.snapshot(ROUTE, NETWORKS)
    assert domains is not None
    assert networks is not None
    assert (domains.number, networks.number) == (6, 9)
    assert set(synced_values([b"", *domains.frames])) == {"state/domain/a", "state/domain/b"}
    assert synced_values([b"", *networks.frames]) == {"state/network/m": b"m"}


def test_deltas_move_the_snapshot_on() -> None:
    cache = Cache()
    cache.sync(ROUTE, DOMAINS, 1, 5, {"state/domain/a": b"y", "state/domain/b": b"z"})
    cache.store(ROUTE, "state/domain/a", Value(6, 1, b""))
    cache.store(ROUTE, "state/domain/c", Value(7, 1, b"new"))
    cache.store(ROUTE, "stats/domain/c", Value(900, 1, b"s"))
    found = cache.snapshot(ROUTE, DOMAINS)
    assert found is not None
    assert found.number == 7
    assert synced_values([b"", *found.frames]) == {"state/domain/b": b"z", "state/domain/c": b"new"}


def test_a_snapshot_is_made_once_until_something_changes() -> None:
    cache = Cache()
    cache.sync(ROUTE, DOMAINS, 1, 5, {"state/domain/a": b"y" * 10_000})

    def frames(prefix: str = DOMAINS) -> list[Part]:
        found = cache.snapshot(ROUTE, prefix)
        assert found is not None
        return found.frames

    first = frames()
    assert frames() is first
    cache.store(ROUTE, "state/domain/b", Value(6, 1, b"z"))
    assert set(synced_values([b"", *frames()])) == {"state/domain/a", "state/domain/b"}
    cache.store(ROUTE, "state/domain/a", Value(7, 1, b""))
    assert synced_values([b"", *frames()]) == {"state/domain/b": b"z"}
    for number in range(3 * MAX_SNAPSHOTS):
        frames(f"{DOMAINS}{number}")
    known = cache.route(ROUTE)
    assert known is not None
    assert len(known.snapshots) <= MAX_SNAPSHOTS


def test_another_epoch_forgets_what_was() -> None:
    cache = Cache()
    cache.sync(ROUTE, DOMAINS, 1, 5, {"state/domain/a": b"y"})
    cache.store(ROUTE, "state/domain/b", Value(1, 2, b"z"))
    assert cache.read(ROUTE, "state/domain/a") is None
    assert cache.read(ROUTE, "state/domain/b") == Value(1, 2, b"z")
    assert cache.snapshot(ROUTE, DOMAINS) is None


def test_statistics_stay_over_a_sync_of_the_same_epoch() -> None:
    cache = Cache()
    cache.store(ROUTE, "stats/domain/a", Value(0, 1, b"s"))
    cache.sync(ROUTE, DOMAINS, 1, 5, {})
    assert cache.read(ROUTE, "stats/domain/a") == Value(0, 1, b"s")


def test_what_does_not_fit_is_left_out_and_no_snapshot_pretends_otherwise() -> None:
    cache = Cache(max_values=2)
    assert not cache.sync(ROUTE, DOMAINS, 1, 1, {f"state/domain/{n}": b"x" for n in range(3)})
    assert cache.snapshot(ROUTE, DOMAINS) is None
    assert cache.count == 2
    small = Cache(max_values_bytes=10)
    assert small.sync(ROUTE, DOMAINS, 1, 1, {"state/domain/a": b"x" * 10})
    assert not small.store(ROUTE, "state/domain/b", Value(2, 1, b"y"))
    assert small.snapshot(ROUTE, DOMAINS) is None


KEYS = st.sampled_from([f"{what}/domain/{n}" for what in ("state", "stats") for n in range(4)])
STEPS = st.one_of(
    st.tuples(st.just("store"), KEYS, st.integers(1, 2), st.binary(max_size=8)),
    st.tuples(st.just("sync"), KEYS, st.integers(1, 2), st.binary(max_size=8)),
    st.tuples(st.just("drop"), KEYS, st.integers(1, 2), st.binary(max_size=8)),
)


@given(st.lists(STEPS))
def test_counts_stay_true_and_bounds_hold(steps: list[tuple[str, str, int, bytes]]) -> None:
    cache = Cache(max_values=3, max_values_bytes=16)
    for what, key, epoch, body in steps:
        if what == "store":
            cache.store(ROUTE, key, Value(1, epoch, body))
        elif what == "sync":
            cache.sync(ROUTE, DOMAINS, epoch, 1, {key: body})
        else:
            cache.drop(ROUTE)
        values = [
            v for r in cache.routes() if (known := cache.route(r)) for v in known.values.values()
        ]
        assert cache.count == len(values) <= 3
        assert cache.bytes == sum(len(value.body) for value in values) <= 16
