"""The calls that a fleet is simulated with: the log itself, or a sample of the rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inferctl.planner.traffic import Calls, Rates, sample
from inferctl.planner.traffic_file import Traffic

MOST_CALLS = 200_000
MOST_MODELS = 5_000
_CALLS_A_MODEL = 20
_FEWEST_SAMPLED, _MOST_SAMPLED = 20_000, 100_000
_MOST_TURNS = 10_000
# 30 years: of a longer time a float does not hold the milliseconds well
_LONGEST_SECONDS = 1e9
_SEED = 20_240_601


@dataclass(frozen=True, kw_only=True, eq=False)
class Replay:
    """Calls, from when on they count, and the models that are loaded before the first."""

    calls: Calls
    counted_from: float = 0.0
    loaded: tuple[int, ...] = ()


def calls_to_simulate(traffic: Traffic) -> Replay | None:
    """What to simulate; None where it would take long.

    Rates are sampled twice as long as they count; periods as often as calls are wanted.
    """
    if len(traffic.names) > MOST_MODELS:
        return None
    if traffic.calls is not None:
        return Replay(calls=traffic.calls) if len(traffic.calls) <= MOST_CALLS else None
    rates = traffic.rates
    per_second = float(rates.mean.sum())
    wanted = np.clip(_CALLS_A_MODEL * len(traffic.names), _FEWEST_SAMPLED, _MOST_SAMPLED)
    seconds = float(wanted) / max(per_second, 1e-300)
    if len(rates.seconds) > 1:
        seconds = rates.total_seconds * float(np.ceil(seconds / rates.total_seconds))
    turns = 2 * seconds / rates.total_seconds * (len(rates.seconds) - 1)
    too_many = per_second * seconds * 2 > MOST_CALLS * 1.01 or turns > _MOST_TURNS
    if too_many or seconds > _LONGEST_SECONDS:
        return None
    return Replay(
        calls=sample(rates, seed=_SEED, seconds=2 * seconds),
        counted_from=seconds,
        loaded=most_wanted_last(rates),
    )


def most_wanted_last(rates: Rates) -> tuple[int, ...]:
    """The models that are called at all.

    Loaded before the first call: else one that is called once a day would be counted as cold,
    however much memory there is, and thousands of first loads would queue into what counts.
    """
    order = np.argsort(rates.mean, kind="stable")
    return tuple(order[rates.mean[order] > 0].tolist())
