"""Nothing of the catalogue is left out."""

from tests.contract.cases import CASES
from virtbus.operations import CATALOGUE


def test_each_operation_has_a_case() -> None:
    assert set(CATALOGUE) - set(CASES) == set()


def test_each_operation_with_errors_of_its_own_can_be_refused() -> None:
    """Unknown domains are refused for all of them; for other errors the case must have requests."""
    silent = {
        name
        for name, case in CASES.items()
        if "refused" not in vars(type(case))
        and any(
            error.code in {"invalid_argument", "invalid_document", "invalid_state"}
            for error in CATALOGUE[name].errors
        )
    }
    assert silent == set()
