"""The cost arithmetic; the articles' own figures are in tests/inferctl/cost."""

from __future__ import annotations

import pytest

from load_client.cost import saving_percent, usd_per_million, usd_per_year
from load_client.errors import InputError
from load_client.report import Load
from tests.container.load_client.simulated import any_run


def test_a_batch_counts_each_of_its_inferences() -> None:
    run = any_run(
        calls=7200, elapsed_seconds=3600.0, load=Load(concurrency=1, batch=5, timeout_seconds=1)
    )

    assert usd_per_million(run, 3.6) == pytest.approx(100)


def test_a_server_that_answered_nothing_has_no_price() -> None:
    with pytest.raises(InputError, match="plain answered no call, so a million has no price"):
        usd_per_million(any_run(calls=0), 1.0)


def test_a_year_has_365_days() -> None:
    assert usd_per_year(1.0) == 8760


@pytest.mark.parametrize(("candidate", "percent"), [(1.0, 50.0), (2.0, 0.0), (3.0, -50.0)])
def test_a_saving_is_a_share_of_the_reference(candidate: float, percent: float) -> None:
    assert saving_percent(2.0, candidate) == pytest.approx(percent)


def test_a_saving_over_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="a reference costs more than 0, got 0"):
        saving_percent(0, 1)
