"""Percentiles of the latency: cold and warm calls, and the waits for a slot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from inferctl.planner.fleet import Floats


@dataclass(frozen=True, kw_only=True)
class Wait:
    """A wait that has ``chance`` to happen and is then exponential with ``mean`` seconds."""

    chance: float
    mean: float


def queue_wait(*, servers: int, offered: float, service: float, variation: float) -> Wait:
    """In front of ``servers`` that ``offered`` keeps busy on average.

    Erlang's formula with the correction of Allen and Cunneen; ``variation`` is the squared
    coefficient of variation of the service time. Infinite where there are too few servers.
    """
    if offered >= servers:
        return Wait(chance=1.0, mean=math.inf)
    if offered <= 0:
        return Wait(chance=0.0, mean=0.0)
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = offered * blocked / (count + offered * blocked)
    load = offered / servers
    chance = blocked / (1 - load * (1 - blocked))
    return Wait(chance=chance, mean=service / (servers - offered) * (1 + variation) / 2)


_ENDLESS = 1e12
_BINS = 2048

# how the slower waits weigh on a percentile: parts of an exponential, and their means
_PARTS = ((0.5, 0.307), (0.3, 1.082), (0.15, 2.147), (0.05, 3.996))


def parts_of(wait: Wait) -> list[tuple[float, float]]:
    """Seconds and chance of a few waits that stand for all."""
    if wait.chance <= 0:
        return [(0.0, 1.0)]
    parts = [(wait.mean * mean, wait.chance * share) for share, mean in _PARTS]
    return [(0.0, 1 - wait.chance), *parts]


def binned(seconds: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """The same latencies as at most 2,048 values, each off by less than a percent."""
    used = weights > 0
    seconds, weights = seconds[used], weights[used]
    if len(seconds) <= _BINS:
        return seconds, weights
    scale = np.log(np.maximum(seconds, 1e-6))
    width = max(float(np.ptp(scale)) / (_BINS - 1), 1e-12)
    bins = ((scale - scale.min()) / width).astype(np.int64)
    portions = np.zeros(_BINS + 1)
    np.add.at(portions, bins, weights)
    sums = np.zeros(_BINS + 1)
    np.add.at(sums, bins, weights * seconds)
    there = portions > 0
    return sums[there] / portions[there], portions[there]


def quantile(share: float, seconds: Floats, weights: Floats, wait: Wait) -> float:
    """The latency that ``share`` of the calls stay within; ``seconds`` are without the wait."""
    total = float(weights.sum())
    if total <= 0:
        return 0.0
    endless = float(weights[np.isinf(seconds)].sum()) / total
    if math.isinf(wait.mean) or endless > 1 - share:
        return math.inf
    seconds = np.minimum(seconds, _ENDLESS)
    order = np.argsort(seconds, kind="stable")
    seconds, weights = seconds[order], weights[order] / total
    reached = int(np.searchsorted(np.cumsum(weights), share - 1e-12))
    low = float(seconds[min(reached, len(seconds) - 1)])
    if wait.chance <= 0:
        return low
    longest = math.log(max(wait.chance / (1 - share), 1.0)) + 1.0
    high = float(seconds[-1]) + wait.mean * longest

    def later(bound: float) -> float:
        over = seconds > bound
        slack = np.where(over, 0.0, bound - seconds)
        tail = np.where(over, 1.0, wait.chance * np.exp(-slack / wait.mean))
        return float(weights @ tail)

    for _ in range(30):
        middle = (low + high) / 2
        if later(middle) > 1 - share:
            low = middle
        else:
            high = middle
    return high
