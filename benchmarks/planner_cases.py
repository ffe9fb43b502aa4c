"""The traffic of the planner's benchmark: three shapes, one call at a time and in bursts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from inferctl.planner.shapes import shifting, uniform, zipf
from inferctl.planner.traffic import Calls, Rates, sample

_BETWEEN_SECONDS = 600.0


@dataclass(frozen=True, kw_only=True)
class Case:
    """Traffic to plan and to replay."""

    shape: str
    rates: Rates
    calls: Calls
    one_at_a_time: bool

    @property
    def name(self) -> str:
        """Also of its endpoint."""
        return f"{self.shape}-{'alone' if self.one_at_a_time else 'overlapping'}"


def cases(models: int, calls: int, *, seconds_between: float) -> list[Case]:
    """Each shape twice, with about that many calls.

    One at a time they are so far apart that no load overlaps: the replay waits for each answer.
    Overlapping ones come in bursts of one to three for a model.
    """
    found = []
    for shape, rates in _shapes(models, calls * _BETWEEN_SECONDS, 1 / _BETWEEN_SECONDS).items():
        drawn = spread(sample(rates, seed=calls).models.tolist())
        found.append(Case(shape=shape, rates=rates, calls=drawn, one_at_a_time=True))
    per_second = 1 / seconds_between
    for shape, rates in _shapes(models, calls / 2 * seconds_between, per_second).items():
        drawn = in_bursts(sample(rates, seed=calls))
        rates = replace(rates, per_second=rates.per_second * 2)
        found.append(Case(shape=shape, rates=rates, calls=drawn, one_at_a_time=False))
    return found


def in_bursts(calls: Calls) -> Calls:
    """One to three calls for each, a moment apart."""
    counts = np.random.default_rng(3).integers(1, 4, len(calls))
    position = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    times = np.repeat(calls.times, counts) + position * 0.03
    order = np.argsort(times, kind="stable")
    models = np.repeat(calls.models, counts)[order]
    return Calls(times=times[order], models=models, seconds=calls.seconds)


def spread(models: list[int]) -> Calls:
    """Calls so far apart that each has its answer before the next."""
    times = np.arange(len(models), dtype=np.float64) * _BETWEEN_SECONDS
    return Calls(times=times, models=np.array(models), seconds=len(models) * _BETWEEN_SECONDS)


def _shapes(models: int, seconds: float, per_second: float) -> dict[str, Rates]:
    steady = {"uniform": uniform(models, per_second), "zipf": zipf(models, per_second)}
    return {
        **{
            name: Rates(seconds=np.array([seconds]), per_second=rates.per_second)
            for name, rates in steady.items()
        },
        "shifting": shifting(models, per_second, periods=4, period_seconds=seconds / 4),
    }
