"""Names of objects become names of files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtbus.errors import InvalidDocument
from virtbus.model.names import MAX_BYTES, check_name


@pytest.mark.parametrize("name", ["a", "a b", "guest=1,x", "-x", "...", "é", "n" * MAX_BYTES])
def test_names_that_may_be(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "/", "a\0", "a\nb", "a\x7f", "\x85", " a", "a ", "é" * MAX_BYTES],
)
def test_names_that_may_not(name: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        check_name(name)
    assert caught.value.details["element"] == "name"


@given(st.text(max_size=300))
def test_a_good_name_is_one_file(name: str) -> None:
    try:
        check_name(name)
    except InvalidDocument:
        return
    assert "/" not in name and "\0" not in name and len(f"{name}.xml".encode()) <= 255
