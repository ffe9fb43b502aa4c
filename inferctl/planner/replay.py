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
_SEED = 20_240_601


@dataclass(frozen=True, kw_only=True, eq=False)
class Replay:
    """Calls, and from when on they count."""

    calls: Calls
    counted_from: float


def calls_to_simulate(traffic: Traffic) -> Replay | None:
    """What to simulate; None where it would take long."""
    if len(traffic.names) > MOST_MODELS:
        return None
    if traffic.calls is not None:
        few = len(traffic.calls) <= MOST_CALLS
        return Replay(calls=traffic.calls, counted_from=0.0) if few else None
    rates = traffic.rates
    per_second = float(rates.mean.sum())
    seconds = rates.total_seconds
    if len(rates.seconds) == 1:
        wanted = np.clip(_CALLS_A_MODEL * len(traffic.names), _FEWEST_SAMPLED, _MOST_SAMPLED)
        seconds = float(wanted) / per_second
    elif per_second * seconds * 2 > MOST_CALLS:
        return None
    calls = primed(sample(rates, seed=_SEED, seconds=2 * seconds), rates)
    return Replay(calls=calls, counted_from=seconds)


def primed(calls: Calls, rates: Rates) -> Calls:
    """``calls`` after one call of each model at time 0, the most wanted last.

    Else a model that is called once a day would be counted as cold, however much memory there is.
    """
    order = np.argsort(rates.mean, kind="stable")
    order = order[rates.mean[order] > 0]
    return Calls(
        times=np.concatenate([np.zeros(len(order)), calls.times]),
        models=np.concatenate([order, calls.models]),
        seconds=calls.seconds,
    )
