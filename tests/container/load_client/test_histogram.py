"""The histogram counts everything in fixed memory and is off by at most 0.05 %."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from load_client.histogram import (
    LARGEST_NS,
    RELATIVE_ERROR,
    LatencyHistogram,
    bucket_of,
    middle_of,
)

NANOSECONDS = st.integers(0, LARGEST_NS)
VALUES = st.lists(NANOSECONDS, min_size=1, max_size=200)


def histogram_of(values: list[int]) -> LatencyHistogram:
    histogram = LatencyHistogram()
    for value in values:
        histogram.record(value)
    return histogram


@given(values=VALUES, percent=st.floats(0.01, 100))
def test_percentile_is_the_nearest_rank_within_the_documented_error(
    values: list[int], percent: float
) -> None:
    exact = sorted(values)[math.ceil(percent / 100 * len(values)) - 1]

    found = histogram_of(values).percentile(percent)

    assert abs(found - exact) <= RELATIVE_ERROR * exact


@given(values=VALUES, percent=st.floats(0, 100))
def test_lower_percentile_is_numpys_within_the_documented_error(
    values: list[int], percent: float
) -> None:
    exact = sorted(values)[math.floor(percent / 100 * (len(values) - 1))]

    found = histogram_of(values).lower_percentile(percent)

    assert abs(found - exact) <= RELATIVE_ERROR * exact


def test_lower_percentile_agrees_with_numpy_on_the_articles_twenty_calls() -> None:
    values = [1000 + number for number in range(20)]

    found = [histogram_of(values).lower_percentile(percent) for percent in (50, 95)]

    assert found == [np.percentile(values, percent, method="lower") for percent in (50, 95)]


@given(left=VALUES, right=VALUES)
def test_merged_histograms_equal_one_that_saw_all(left: list[int], right: list[int]) -> None:
    merged = histogram_of(left)

    merged.merge(histogram_of(right))

    whole = histogram_of(left + right)
    assert list(merged.pairs()) == list(whole.pairs())
    assert (merged.count, merged.total) == (whole.count, whole.total)
    assert (merged.minimum, merged.maximum) == (whole.minimum, whole.maximum)


@given(value=NANOSECONDS)
def test_the_middle_of_a_bucket_lies_in_the_bucket_and_near_the_value(value: int) -> None:
    middle = middle_of(bucket_of(value))

    assert bucket_of(int(middle)) == bucket_of(value)
    assert abs(middle - value) <= RELATIVE_ERROR * value


@given(lower=NANOSECONDS, higher=NANOSECONDS)
def test_buckets_keep_the_order_of_values(lower: int, higher: int) -> None:
    lower, higher = sorted((lower, higher))

    assert bucket_of(lower) <= bucket_of(higher)


def test_mean_minimum_and_maximum_are_exact() -> None:
    histogram = histogram_of([1_000_003, 2_000_005, 9_000_001])

    assert histogram.mean() == pytest.approx(4_000_003)
    assert (histogram.minimum, histogram.maximum) == (1_000_003, 9_000_001)


def test_values_outside_count_at_the_edges() -> None:
    histogram = histogram_of([-5, LARGEST_NS * 10])

    assert (histogram.minimum, histogram.maximum, histogram.count) == (0, LARGEST_NS, 2)


def test_equal_values_can_be_counted_at_once() -> None:
    histogram = LatencyHistogram()

    histogram.record(7, 3)

    assert list(histogram.pairs()) == [(7, 3)]
    assert (histogram.count, histogram.mean()) == (3, 7)


def test_clear_forgets_everything() -> None:
    histogram = histogram_of([5, 6])

    histogram.clear()

    assert list(histogram.pairs()) == []
    assert histogram.count == 0


@pytest.mark.parametrize("percent", [0, -1, 100.1])
def test_percentile_rejects_what_is_no_percentile(percent: float) -> None:
    with pytest.raises(ValueError, match="of 1 values"):
        histogram_of([5]).percentile(percent)


def test_an_empty_histogram_has_no_percentile_and_no_mean() -> None:
    with pytest.raises(ValueError, match="percentile 50 of 0 values"):
        LatencyHistogram().percentile(50)
    with pytest.raises(ValueError, match="percentile 50 of 0 values"):
        LatencyHistogram().lower_percentile(50)
    with pytest.raises(ValueError, match="mean of no values"):
        LatencyHistogram().mean()
