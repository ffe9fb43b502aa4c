"""Shapes of load: limits, arrivals, windows."""

from __future__ import annotations

import itertools
import statistics

import pytest

from load_client.errors import InputError
from load_client.shapes import Arrivals, LoadShape


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        LoadShape(
            concurrency=0,
            rate=0,
            warm_up_calls=-1,
            timeout_seconds=0,
            window_seconds=0,
        )

    assert [problem.split(" ")[0] for problem in caught.value.problems] == [
        *("concurrency", "rate", "seconds", "warm_up_calls", "timeout_seconds", "window_seconds")
    ]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"seconds": 0.0}, "seconds must be above 0 and at most 1000000, got 0.0"),
        ({"seconds": float("inf")}, "seconds must be above 0 and at most 1000000, got inf"),
        ({"calls": 0}, "calls must be at least 1, got 0"),
        ({"calls": 1, "concurrency": 1025}, "concurrency must be 1 to 1024, got 1025"),
        ({"calls": 1, "timeout_seconds": 3601.0}, "at most 3600, got 3601.0"),
    ],
)
def test_shape_rejects(values: dict[str, float], text: str) -> None:
    with pytest.raises(InputError, match=text):
        LoadShape(**values)  # type: ignore[arg-type]


def test_constant_arrivals_do_not_drift() -> None:
    shape = LoadShape(rate=3, calls=1)

    starts = list(itertools.islice(shape.intended_starts(100), 3001))

    assert starts[0] == 100
    assert starts[3000] == 100 + 1000 * 10**9


def test_poisson_arrivals_have_the_rate_and_repeat_with_the_seed() -> None:
    shape = LoadShape(rate=100, arrivals=Arrivals.POISSON, calls=1)
    starts = list(itertools.islice(shape.intended_starts(0), 20_000))
    gaps = [(after - before) / 1e9 for before, after in itertools.pairwise(starts)]

    again = list(itertools.islice(shape.intended_starts(0), 20_000))

    assert again == starts
    assert statistics.mean(gaps) == pytest.approx(0.01, rel=0.05)
    assert statistics.pstdev(gaps) == pytest.approx(0.01, rel=0.05)


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ({"seconds": 7200.0}, 30),
        ({"seconds": 60.0}, 1.5),
        ({"seconds": 1.0}, 0.1),
        ({"calls": 20}, 30),
        ({"seconds": 60.0, "window_seconds": 30.0}, 30),
    ],
)
def test_windows_are_30_s_or_shorter_in_short_runs(
    values: dict[str, float], seconds: float
) -> None:
    assert LoadShape(**values).window_ns == round(seconds * 1e9)  # type: ignore[arg-type]
