"""Made-up traffic: uniform, Zipf and shifting."""

from __future__ import annotations

import numpy as np

from inferctl.planner.traffic import Rates, steady


def uniform(models: int, calls_per_second: float) -> Rates:
    """Every model as often as any other."""
    return steady(np.full(models, calls_per_second / models))


def zipf(models: int, calls_per_second: float, *, exponent: float = 1.0) -> Rates:
    """The n-th model is called 1 / n**exponent as often as the first."""
    weights = np.arange(1, models + 1, dtype=np.float64) ** -exponent
    return steady(weights / weights.sum() * calls_per_second)


def shifting(
    models: int,
    calls_per_second: float,
    *,
    periods: int = 4,
    period_seconds: float = 3600.0,
    exponent: float = 1.0,
) -> Rates:
    """Zipf whose favourites change: each period turns the fleet on by an equal part."""
    row = zipf(models, calls_per_second, exponent=exponent).per_second[0]
    return Rates(
        seconds=np.full(periods, period_seconds),
        per_second=np.stack([np.roll(row, models * each // periods) for each in range(periods)]),
    )
