"""How long a model that nobody calls stays loaded: Che's approximation of an LRU cache.

Che, Tung, Wang: Hierarchical Web Caching Systems (IEEE JSAC 2002). A model is loaded at time t when
it was called in the ``T`` seconds before; T is where the memory of such models is the budget.
Here rates may change with time, so that T has a value at each moment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inferctl.planner.fleet import Floats
from inferctl.planner.traffic import Rates

_PRECISION = 1e-4
_MOST_STEPS = 80


class CallsUpTo:
    """Expected calls of each row from the beginning to a time, which may lie before it."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._steady = len(rates.seconds) == 1 and not rates.from_cold
        self._ends = np.concatenate([[0.0], np.cumsum(rates.seconds)])
        self._sums = np.concatenate(
            [
                np.zeros((1, rates.per_second.shape[1])),
                np.cumsum(rates.per_second * rates.seconds[:, None], axis=0),
            ]
        )

    def since(self, now: float, seconds: float) -> Floats:
        """Expected calls in the ``seconds`` before ``now``."""
        if self._steady:
            steady: Floats = self._rates.per_second[0] * seconds
            return steady
        calls: Floats = self(now) - self(now - seconds)
        return calls

    @property
    def ever(self) -> Floats:
        """1 for each row that is called at all."""
        called: Floats = np.where(self._sums[-1] > 0, 1.0, 0.0)
        return called

    def __call__(self, time: float) -> Floats:
        if self._rates.from_cold:
            time, turns = max(time, 0.0), 0.0
        else:
            turns, time = divmod(time, self._rates.total_seconds)
        period = min(int(np.searchsorted(self._ends, time, "right")) - 1, len(self._ends) - 2)
        within = (time - self._ends[period]) * self._rates.per_second[period]
        calls: Floats = turns * self._sums[-1] + self._sums[period] + within
        return calls


@dataclass(frozen=True, kw_only=True, eq=False)
class Memory:
    """What the rows take of each budget, and the budgets."""

    sizes: Floats
    budgets: Floats

    def fullness(self, loaded: Floats) -> float:
        """Of the tightest budget, when each row is loaded with that chance; 1 is full."""
        if not len(self.budgets):
            return 0.0
        return float((self.sizes @ loaded / self.budgets).max())


def calls_in_retention(
    upto: CallsUpTo, memory: Memory, now: float, *, longest: float, guess: float | None
) -> tuple[Floats, float]:
    """Expected calls of each row in the last T seconds, and T; infinite where all of it fits."""

    def excess(seconds: float) -> float:
        return memory.fullness(-np.expm1(-upto.since(now, seconds))) - 1.0

    if np.isinf(longest):
        if memory.fullness(upto.ever) <= 1.0:
            return np.where(upto.ever > 0, np.inf, 0.0), np.inf
    elif excess(longest) <= 0:
        return upto.since(now, longest), longest
    found = _root(excess, longest, guess)
    return upto.since(now, found), found


def _root(excess: Callable[[float], float], longest: float, guess: float | None) -> float:
    """Where ``excess``, which grows, is zero: a bracket around the guess, then regula falsi."""
    low = high = min(guess or 1.0, longest)
    at_low = at_high = excess(low)
    while at_low > 0 and low > 1e-12:
        high, at_high = low, at_low
        low /= 4.0
        at_low = excess(low)
    while at_high < 0:
        low, at_low = high, at_high
        high = min(high * 4.0, longest)
        at_high = excess(high)
    for _ in range(_MOST_STEPS):
        if high - low <= _PRECISION * high or at_high == 0:
            break
        middle = high - at_high * (high - low) / (at_high - at_low)
        at_middle = excess(middle)
        # Illinois: the side that stays counts half, or it would stay for good
        if at_middle > 0:
            high, at_high, at_low = middle, at_middle, at_low / 2
        else:
            low, at_low, at_high = middle, at_middle, at_high / 2
        if abs(at_middle) < _PRECISION / 10:
            return middle
    return (low + high) / 2
