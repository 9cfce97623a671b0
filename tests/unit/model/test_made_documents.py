"""Documents made from the declarations: an error of ours, or they come back as written."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.made import try_document

SETTINGS = settings(
    max_examples=2000, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)


@SETTINGS
@given(st.binary(min_size=100, max_size=2000))
def test_documents_of_all_kinds(data: bytes) -> None:
    try_document(data)
