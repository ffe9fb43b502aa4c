"""The article's comparison."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from load_client.comparison import compare, comparisons, latency_of
from load_client.engine import FirstCall
from load_client.errors import InputError
from load_client.report import Load, Run
from load_client.report_file import parse_report, to_json
from tests.container.load_client.simulated import any_report, any_run, latencies


def article_run(server: str, *, first: float, usual: float, slow: float) -> Run:
    """A first call and 19 others, of which the last two are the slow ones."""
    values = [usual] * 17 + [slow] * 2
    return any_run(
        server=server,
        first=FirstCall(milliseconds=first),
        calls=19,
        samples=tuple((float(number), value) for number, value in enumerate(values)),
        histogram=((round(usual * 1e6), 17), (round(slow * 1e6), 2)),
        latencies=latencies(usual),
    )


CPU = article_run("plain", first=12_923, usual=1300, slow=1360)
ACCELERATED = article_run("accelerated", first=14_082, usual=290, slow=310)


def test_the_articles_figures_come_out() -> None:
    found = compare(CPU, ACCELERATED)

    assert (found.base.calls, found.base.first_ms) == (20, 12_923)
    assert (found.base.p50_ms, found.base.p95_ms) == (1300, 1360)
    assert (found.other.p50_ms, found.other.p95_ms) == (290, 310)
    assert found.p50_reduction == pytest.approx(0.777, abs=0.0005)
    assert found.p95_speed_up == pytest.approx(1 / (1 - 0.772), rel=0.002)
    assert found.p50_speed_up == pytest.approx(4.48, abs=0.005)


def test_percentiles_are_numpys_lower_over_all_calls() -> None:
    values = [float(number * number) for number in range(19)]
    run = any_run(
        calls=19,
        first=FirstCall(milliseconds=5000.0),
        samples=tuple((0.0, value) for value in values),
    )

    found = latency_of(run)

    everything = [5000.0, *values]
    assert found.p50_ms == np.percentile(everything, 50, method="lower")
    assert found.p95_ms == np.percentile(everything, 95, method="lower")


def test_long_runs_are_compared_by_their_histograms() -> None:
    run = any_run(samples=(), calls=2000, histogram=((5_000_000, 1990), (90_000_000, 10)))

    found = latency_of(run)

    assert found.calls == 2001
    assert found.p50_ms == pytest.approx(5, rel=0.0005)


def test_a_first_call_that_failed_is_not_compared() -> None:
    failed = any_run(first=FirstCall(milliseconds=1.0, error="timeout"))

    assert latency_of(failed).first_ms is None


def test_runs_of_different_loads_are_not_compared() -> None:
    other = any_run(load=Load(concurrency=8, batch=4, timeout_seconds=60))

    with pytest.raises(InputError) as caught:
        compare(any_run(), other)

    assert len(caught.value.problems) == 2


def test_a_server_that_answered_nothing_is_not_compared() -> None:
    silent = any_run(calls=0, samples=(), histogram=(), latencies=None, first=None)

    with pytest.raises(InputError, match="plain answered no call"):
        latency_of(silent)


def test_a_report_compares_each_server_with_the_first_under_equal_loads() -> None:
    eight = Load(concurrency=8, batch=1, timeout_seconds=60.0)
    report = any_report(
        any_run(server="a"),
        any_run(server="a", load=eight),
        any_run(server="b"),
        any_run(server="b", load=eight),
        any_run(server="c"),
    )

    pairs = [(found.base.server, found.other.server) for found in comparisons(report)]

    assert pairs == [("a", "b"), ("a", "c"), ("a", "b")]
    assert comparisons(any_report(any_run())) == []


def test_a_comparison_survives_the_report_file() -> None:
    report = any_report(CPU, ACCELERATED)

    again = parse_report(to_json(report), name="r")

    assert comparisons(again) == comparisons(report)


def test_runs_of_different_lengths_are_compared_and_of_different_arrivals_not() -> None:
    def load(**changes: Any) -> Load:
        return Load(**({"concurrency": 8, "batch": 1, "timeout_seconds": 60.0} | changes))

    short, long = load(limit_seconds=10.0), load(limit_seconds=60.0, timeout_seconds=5.0)
    constant, poisson = load(rate=9.0, arrivals="constant"), load(rate=9.0, arrivals="poisson")

    report = any_report(
        any_run(server="a", load=short),
        any_run(server="b", load=long),
        any_run(server="a", load=constant),
        any_run(server="b", load=poisson),
    )

    (found,) = comparisons(report)
    assert found.load == short
