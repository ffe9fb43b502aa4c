"""Dollars for a million inferences, for a year, and how much one way saves over another."""

from __future__ import annotations

from decimal import Decimal

from inferctl.cost.price_basis import PriceBasis

SECONDS_PER_HOUR = 3600
HOURS_PER_YEAR = 8760
"""365 days; the articles reckon so."""


def usd_per_million(basis: PriceBasis, *, inferences: int, seconds: float) -> Decimal:
    """What a million inferences cost at the rate of ``inferences`` in ``seconds``.

    Raises ValueError where nothing was measured.
    """
    if inferences < 1 or seconds <= 0:
        raise ValueError(
            f"a rate needs inferences and seconds above 0, got {inferences} in {seconds} s"
        )
    hours = Decimal(str(seconds)) / SECONDS_PER_HOUR
    return basis.usd_per_hour * hours / inferences * 1_000_000


def usd_per_year(basis: PriceBasis) -> Decimal:
    """The instances running all year."""
    return basis.usd_per_hour * HOURS_PER_YEAR


def saving_percent(reference: Decimal, candidate: Decimal) -> Decimal:
    """How much less the candidate is, in percent of the reference; negative where it is more.

    Raises ValueError for a reference that costs nothing.
    """
    if reference <= 0:
        raise ValueError(f"a reference costs more than 0, got {reference}")
    return (1 - candidate / reference) * 100
