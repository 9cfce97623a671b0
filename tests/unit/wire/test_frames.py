"""Frames from strangers: an error of ours or a value, never anything else."""

import contextlib

import msgpack  # type: ignore[import-untyped]  # ships no annotations
import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtbus.errors import InvalidArgument, ProtocolMismatch
from virtbus.wire.frames import (
    MAX_FRAME_BYTES,
    MAX_HEADER_BYTES,
    AgentHello,
    BrokerStatus,
    Header,
    Index,
    Presence,
    decode_body,
    decode_header,
    encode_body,
    encode_header,
    make_index,
    pack,
    split_index,
    split_message,
    unpack,
)

INT64 = st.integers(-(2**63), 2**63 - 1)
PLAIN = st.recursive(
    st.none() | st.booleans() | INT64 | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.binary(), inner),
    max_leaves=20,
)
HEADERS = st.builds(
    Header,
    version=st.just(1),
    kind=INT64,
    id=st.sampled_from([b"", b"i" * 16]),
    route=st.text(max_size=300),
    name=st.text(max_size=200),
    number=INT64,
    ticket=INT64,
    sender=st.text(max_size=100),
    grants=st.text(max_size=100),
    epoch=INT64,
)
BODIES = st.sampled_from([AgentHello, BrokerStatus, Index, Presence])


@given(HEADERS)
def test_a_header_comes_back_as_it_was(header: Header) -> None:
    assert decode_header(encode_header(header)) == header


@given(HEADERS, st.lists(PLAIN, min_size=1, max_size=3))
def test_elements_of_later_versions_are_ignored(header: Header, later: list[object]) -> None:
    values = [getattr(header, name) for name in Header.__struct_fields__]
    assert decode_header(pack([*values, *later])) == header


@given(st.binary(max_size=200))
def test_any_bytes_as_a_header_are_refused_or_read(frame: bytes) -> None:
    with contextlib.suppress(ProtocolMismatch):
        assert decode_header(frame).version == 1


@given(st.lists(PLAIN, max_size=12))
def test_any_values_in_a_header_are_refused_or_read(values: list[object]) -> None:
    with contextlib.suppress(ProtocolMismatch):
        assert decode_header(pack(values)).version == 1


@given(st.binary(max_size=200), BODIES)
def test_any_bytes_as_a_body_are_refused_or_read(frame: bytes, kind: type) -> None:
    with contextlib.suppress(ProtocolMismatch, InvalidArgument):
        assert isinstance(decode_body(frame, kind), kind)


@given(PLAIN, BODIES)
def test_any_value_as_a_body_is_refused_or_read(value: object, kind: type) -> None:
    with contextlib.suppress(InvalidArgument):
        assert isinstance(decode_body(pack(value), kind), kind)


@given(PLAIN, st.binary(max_size=50))
def test_any_index_is_refused_or_fits_its_blob(value: object, blob: bytes) -> None:
    with contextlib.suppress(ProtocolMismatch, InvalidArgument):
        assert b"".join(split_index(pack(value), blob).values()) == blob


@given(st.lists(st.integers(-50, 50), max_size=6), st.binary(max_size=50))
def test_any_sizes_are_refused_or_fit_their_blob(sizes: list[int], blob: bytes) -> None:
    index = pack({"keys": [f"k{number}" for number in range(len(sizes))], "sizes": sizes})
    try:
        values = split_index(index, blob)
    except ProtocolMismatch:
        return
    assert [len(value) for value in values.values()] == sizes
    assert b"".join(values.values()) == blob


@given(st.dictionaries(st.text(), st.binary(max_size=30)))
def test_values_come_back_out_of_an_index(values: dict[str, bytes]) -> None:
    assert split_index(*make_index(values)) == values


@given(st.lists(st.binary(max_size=60), max_size=15))
def test_any_frames_are_refused_or_split(frames: list[bytes]) -> None:
    try:
        header, body, data = split_message(frames)
    except ProtocolMismatch:
        return
    assert header.version == 1
    assert [body, *data][: len(frames) - 1] == frames[1:]


@pytest.mark.parametrize(
    "keys, sizes",
    [(["a", "b"], [-1, 8]), (["a", "a"], [3, 4]), (["a"], [3, 4]), (["a", "b"], [3, 3])],
)
def test_an_index_that_does_not_fit_is_refused(keys: list[str], sizes: list[int]) -> None:
    with pytest.raises(ProtocolMismatch, match="do not fit"):
        split_index(pack({"keys": keys, "sizes": sizes}), b"1234567")


def test_a_header_over_the_limit_is_refused() -> None:
    with pytest.raises(ProtocolMismatch, match="over 4096 bytes"):
        decode_header(pack([1, 3, b"", "r", "n", 0, 0, "s" * MAX_HEADER_BYTES]))


@pytest.mark.parametrize(
    "values",
    [
        [1, 3, b"short"],
        [1, 3, b"", "r" * 1025],
        [1, 3, b"", "r", "n" * 257],
        [1, 3, "text"],
        [1, 3, b"", "r", "n", 1.5],
        [1],
        [],
    ],
)
def test_a_header_with_a_wrong_field_is_refused(values: list[object]) -> None:
    with pytest.raises(ProtocolMismatch):
        decode_header(pack(values))


def test_another_version_is_refused_with_the_versions_spoken() -> None:
    with pytest.raises(ProtocolMismatch) as refused:
        decode_header(pack([2, 3]))
    assert refused.value.details == {"versions": ["1"]}


def test_deep_nesting_is_refused() -> None:
    for frame in (b"\x91" * 100_000 + b"\xc0", b"\x81\xa1a" * 100_000 + b"\xc0"):
        with pytest.raises(ProtocolMismatch):
            unpack(frame)


def test_a_promise_of_many_elements_takes_no_memory() -> None:
    for frame in (b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff"):
        with pytest.raises(ProtocolMismatch):
            unpack(frame)


def test_an_oversized_frame_is_refused_before_it_is_read() -> None:
    with pytest.raises(ProtocolMismatch, match="the limit is"):
        unpack(b"\x00" * (MAX_FRAME_BYTES + 1))


def test_extension_types_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="agent"):
        decode_body(
            msgpack.packb({"agent": msgpack.ExtType(4, b"x")}),
            AgentHello,
        )


def test_a_wrong_body_names_its_field() -> None:
    with pytest.raises(InvalidArgument) as refused:
        decode_body(pack({"state": "present", "since_ms": "now"}), Presence)
    assert refused.value.details["field"] == "since_ms"


def test_an_empty_body_is_none() -> None:
    assert encode_body(None) == b""
    with pytest.raises(InvalidArgument):
        decode_body(b"", Presence)
