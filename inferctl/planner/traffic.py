"""Calls of models over time: rates in periods, or every call with its time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inferctl.planner.fleet import Floats

Integers = NDArray[np.int64]
_MOST_PERIODS = 24
_FEWEST_CALLS_A_PERIOD = 200


@dataclass(frozen=True, kw_only=True, eq=False)
class Calls:
    """Single calls in the order of their time; ``models`` are positions in the fleet."""

    times: Floats
    models: Integers
    seconds: float

    def __len__(self) -> int:
        return len(self.times)


@dataclass(frozen=True, kw_only=True, eq=False)
class Rates:
    """Calls a second: a row a period, a column a model; ``seconds`` are the periods' lengths.

    The periods repeat, as the hours of a day do. With ``from_cold`` they happen once, and nothing
    is loaded when the first begins.
    """

    seconds: Floats
    per_second: Floats
    from_cold: bool = False

    @property
    def total_seconds(self) -> float:
        """Of all periods together."""
        return float(self.seconds.sum())

    @property
    def mean(self) -> Floats:
        """Calls a second of each model, over all periods."""
        mean: Floats = self.seconds @ self.per_second / self.total_seconds
        return mean


def steady(per_second: Floats) -> Rates:
    """The same rates all the time."""
    return Rates(seconds=np.array([3600.0]), per_second=np.asarray(per_second)[None, :])


def rates_of(calls: Calls, models: int) -> Rates:
    """The rates of a log, in as many equal periods as it has calls for, begun cold."""
    periods = int(np.clip(len(calls) // _FEWEST_CALLS_A_PERIOD, 1, _MOST_PERIODS))
    length = calls.seconds / periods
    period = np.minimum((calls.times / length).astype(np.int64), periods - 1)
    counts = np.bincount(period * models + calls.models, minlength=periods * models)
    return Rates(
        seconds=np.full(periods, length),
        per_second=counts.reshape(periods, models) / length,
        from_cold=True,
    )


def sample(rates: Rates, *, seed: int, seconds: float | None = None) -> Calls:
    """Poisson calls at those rates, for all periods or for ``seconds`` of their repetition."""
    random = np.random.default_rng(seed)
    end = rates.total_seconds if seconds is None else seconds
    times: list[Floats] = []
    models: list[Integers] = []
    begun, period = 0.0, 0
    while begun < end:
        # one period is steady: repeated, a call a month would take a million turns
        lasts = end if len(rates.seconds) == 1 else rates.seconds[period % len(rates.seconds)]
        length = min(float(lasts), end - begun)
        row = rates.per_second[period % len(rates.seconds)]
        total = float(row.sum())
        if total > 0:
            count = int(random.poisson(total * length))
            times.append(begun + np.sort(random.random(count)) * length)
            models.append(random.choice(len(row), size=count, p=row / total))
        begun, period = begun + length, period + 1
    empty: Floats = np.zeros(0)
    return Calls(
        times=np.concatenate([empty, *times]),
        models=np.concatenate([empty.astype(np.int64), *models]),
        seconds=end,
    )
