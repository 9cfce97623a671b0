"""Snapshots and what follows them."""

from uuid import UUID

import msgspec
import pytest

from virtbus.client.live_table import LiveTable
from virtbus.errors import ProtocolMismatch
from virtbus.operations.records import DomainRecord, State
from virtbus.wire.frames import VERSION, Header, Kind, encode_body

A, B = UUID(int=1), UUID(int=2)


def record(uuid: UUID, name: str, state: State = State.SHUTOFF) -> DomainRecord:
    return DomainRecord(uuid=uuid, name=name, state=state, reason="x")


def published(number: int, uuid: UUID, *, epoch: int = 5, kind: str = "domain") -> Header:
    return Header(VERSION, Kind.PUBLISH, name=f"state/{kind}/{uuid}", number=number, epoch=epoch)


def loaded() -> LiveTable:
    table = LiveTable()
    table.load(5, 10, {f"state/domain/{A}": encode_body(record(A, "a"))})
    return table


def test_deltas_apply_in_order_and_old_ones_are_dropped() -> None:
    table = loaded()
    watch = table.watch()
    assert table.apply(published(10, A), b"")
    assert table.apply(published(30, A, epoch=4), b"")
    assert watch.take() == frozenset()
    assert table.apply(published(11, B), encode_body(record(B, "b")))
    assert table.apply(published(12, A), encode_body(record(A, "a", State.RUNNING)))
    assert table.records[A].state is State.RUNNING
    assert (table.names, table.position) == ({"a": A, "b": B}, (5, 12))
    assert watch.take() == {A, B}
    assert watch.take() == frozenset()


def test_a_gap_or_a_new_epoch_needs_a_snapshot() -> None:
    table = loaded()
    assert not table.apply(published(12, B), encode_body(record(B, "b")))
    assert not table.apply(published(1, B, epoch=6), encode_body(record(B, "b")))
    assert (table.position, set(table.records)) == ((5, 10), {A})


def test_an_empty_body_takes_out_and_a_rename_moves_the_name() -> None:
    table = loaded()
    assert table.apply(published(11, A), encode_body(record(A, "z")))
    assert table.names == {"z": A}
    assert table.apply(published(12, A), b"")
    assert (table.records, table.names) == ({}, {})
    assert table.apply(published(13, A), b"")


def test_names_that_change_hands_are_right_after_both_changes() -> None:
    table = loaded()
    table.apply(published(11, B), encode_body(record(B, "b")))
    table.apply(published(12, A), encode_body(record(A, "b")))
    table.apply(published(13, B), encode_body(record(B, "a")))
    assert table.names == {"b": A, "a": B}


def test_values_of_other_kinds_neither_count_nor_are_kept() -> None:
    table = loaded()
    for number in (1, 11, 900):
        assert table.apply(published(number, B, kind="network"), b"\x80")
    assert (table.position, set(table.records)) == ((5, 10), {A})
    assert table.apply(published(11, A), b"")


def test_a_snapshot_tells_what_differs() -> None:
    table = loaded()
    watch = table.watch()
    table.load(6, 1, {"a": encode_body(record(A, "a")), "b": encode_body(record(B, "b"))})
    assert watch.take() == {B}
    table.load(6, 2, {})
    assert watch.take() == {A, B}


def test_fields_of_a_newer_agent_do_no_harm_and_nonsense_is_refused() -> None:
    table = loaded()
    newer = {**msgspec.to_builtins(record(A, "n")), "colour": "blue"}
    assert table.apply(published(11, A), encode_body(newer))
    assert table.records[A].name == "n"
    with pytest.raises(ProtocolMismatch):
        table.apply(published(12, A), encode_body({"uuid": "no"}))
