"""Dollars for a million inferences, for a year, and how much one way saves over another."""

from __future__ import annotations

from load_client.errors import InputError
from load_client.report import Run

HOURS_PER_YEAR = 8760
"""365 days; the articles reckon so."""


def usd_per_million(run: Run, usd_per_hour: float) -> float:
    """Dollars for a million inferences at the run's throughput; raises `InputError` without any."""
    if run.inferences_per_second <= 0:
        raise InputError([f"server {run.server} answered no call, so a million has no price"])
    return usd_per_hour / 3600 / run.inferences_per_second * 1e6


def usd_per_year(usd_per_hour: float) -> float:
    """A server that runs all year."""
    return usd_per_hour * HOURS_PER_YEAR


def saving_percent(reference: float, candidate: float) -> float:
    """How much less the candidate is, in percent of the reference; negative where it is more.

    Raises `InputError` for a reference that costs nothing.
    """
    if reference <= 0:
        raise InputError([f"a reference costs more than 0, got {reference}"])
    return 100 * (1 - candidate / reference)
