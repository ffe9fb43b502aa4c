"""How the calls of a model divide among its copies under sticky routing.

The first instance that holds a model takes its calls until ``spill_at`` are under way there, the
second what overflows, and so on. Calls under way on an instance are taken as Poisson.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inferctl.planner.fleet import Floats
from inferctl.planner.traffic import Integers

# of a model's calls; each row costs time, and so few calls change no forecast
_NEGLIGIBLE = 1e-4
_GRID = 256


@dataclass(frozen=True, kw_only=True, eq=False)
class Copies:
    """One row a copy: the position of its model and its share of that model's calls."""

    models: Integers
    shares: Floats


def one_each(models: int) -> Copies:
    """Every model once, with all of its calls."""
    return Copies(models=np.arange(models), shares=np.ones(models))


def sticky_copies(held: Floats, *, instances: int, spill_at: int) -> Copies:
    """``held`` is how many calls of each model are under way on average, on all instances.

    Nothing overflows to an instance that is as busy itself.
    """
    models, shares = [np.arange(len(held))], [np.ones(len(held))]
    everything = float(held.sum())
    busy = float(_at_least(spill_at, np.array([everything / instances]))[0])
    left = models[0]
    for copies in range(1, instances):
        offered = held[left] + copies * (everything - held[left]) / instances
        overflow = _interpolated(copies * spill_at, offered) * (1 - busy ** (instances - copies))
        overflow = np.minimum(overflow, shares[-1])
        again = overflow > _NEGLIGIBLE
        shares[-1] = shares[-1] - np.where(again, overflow, 0.0)
        left = left[again]
        if not len(left):
            break
        models.append(left)
        shares.append(overflow[again])
    return Copies(models=np.concatenate(models), shares=np.concatenate(shares))


def _interpolated(count: int, mean: Floats) -> Floats:
    """`_at_least`, for many models at the price of a few."""
    if len(mean) <= _GRID:
        return _at_least(count, mean)
    grid = np.geomspace(max(float(mean.min()), 1e-9), max(float(mean.max()), 2e-9), _GRID)
    return np.interp(mean, grid, _at_least(count, grid))


def _at_least(count: int, mean: Floats) -> Floats:
    """The chance that a Poisson number is ``count`` or more."""
    mean = np.minimum(mean, 700.0)
    chance = np.exp(-mean)
    below = chance.copy()
    for number in range(1, count):
        chance = chance * mean / number
        below += chance
    above: Floats = np.clip(1.0 - below, 0.0, 1.0)
    return above
