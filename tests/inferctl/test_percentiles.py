"""Nearest-rank percentiles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inferctl.percentiles import percentile


@pytest.mark.parametrize(("rank", "value"), [(50, 2.0), (51, 3.0), (100, 4.0), (1, 1.0)])
def test_percentile_is_the_nearest_rank(rank: float, value: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], rank) == value


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.1, 100))
def test_percentile_is_one_of_the_values(values: list[float], rank: float) -> None:
    assert percentile(values, rank) in values


@pytest.mark.parametrize(("values", "rank"), [([], 50), ([1.0], 0), ([1.0], 101)])
def test_percentile_refuses_what_has_none(values: list[float], rank: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, rank)
