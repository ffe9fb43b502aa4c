from __future__ import annotations

import pytest

from inferctl.localaws.serving import Limits

BASE = Limits(memory_bytes=1 << 30)


def test_an_endpoint_s_variables_change_its_limits() -> None:
    environment = {
        "LOCALAWS_MAX_MODELS": "3",
        "LOCALAWS_MODEL_MEMORY_MIB": "100",
        "LOCALAWS_MODEL_DISK_MIB": "200",
    }

    assert BASE.with_environment(environment) == Limits(
        max_models=3, memory_bytes=100 << 20, disk_bytes=200 << 20
    )
    assert BASE.with_environment({"OTHER": "1"}) == BASE


@pytest.mark.parametrize("value", ["0", "-1", "many", "", "1.5"])
def test_a_variable_that_is_no_positive_number_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="LOCALAWS_MAX_MODELS must be a whole number above 0"):
        BASE.with_environment({"LOCALAWS_MAX_MODELS": value})


def test_this_machine_s_memory_budget_is_half_of_it() -> None:
    assert 1 << 27 < Limits.of_this_machine().memory_bytes < 1 << 45
