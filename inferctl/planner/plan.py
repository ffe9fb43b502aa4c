"""The smallest fleet that keeps its targets, and why a smaller one does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inferctl.planner.estimate import estimate
from inferctl.planner.fleet import Fleet
from inferctl.planner.forecast import Forecast
from inferctl.planner.machine import Machine, sizes_on
from inferctl.planner.replay import Replay
from inferctl.planner.routing import Routing
from inferctl.planner.simulator import simulate
from inferctl.planner.traffic_file import Traffic

MOST_INSTANCES = 512
_SIMULATED_TRIES = 8


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What a fleet must keep; a fleet that loads half of the time or more thrashes."""

    hit_ratio: float = 0.9
    p99_ms: float | None = None
    most_busy: float = 0.7
    most_load_busy: float = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """What is asked of every instance type."""

    fleet: Fleet
    traffic: Traffic
    routing: Routing
    targets: Targets
    replay: Replay | None
    """The calls to simulate, None for an estimate alone."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """For one machine: the forecast of the smallest fleet that holds, or of ``most`` instances.

    ``reasons`` are empty when it holds. ``estimated`` is what rates alone gave for that fleet.
    """

    machine: Machine
    forecast: Forecast
    estimated: Forecast
    reasons: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether every target is kept."""
        return not self.reasons


def smallest_fleet(question: Question, machine: Machine, *, most: int = MOST_INSTANCES) -> Answer:
    """The answer with the fewest instances, at most ``most``."""
    seen: dict[int, Forecast] = {}

    def estimated(instances: int) -> Forecast:
        if instances not in seen:
            seen[instances] = estimate(
                question.fleet,
                question.traffic.rates,
                machine,
                instances=instances,
                routing=question.routing,
            )
        return seen[instances]

    too_large = models_too_large(question, machine)
    count = (
        None
        if too_large
        else _fewest(lambda each: not misses(estimated(each), question.targets), most)
    )
    tries = range(count or most, min(most, (count or most) + _SIMULATED_TRIES) + 1)
    for instances in tries:
        forecast = _simulated(question, machine, instances) or estimated(instances)
        reasons = (*too_large, *misses(forecast, question.targets))
        if not reasons:
            break
    return Answer(
        machine=machine,
        forecast=forecast,
        estimated=estimated(forecast.instances),
        reasons=reasons,
    )


def misses(forecast: Forecast, targets: Targets) -> tuple[str, ...]:
    """Each target that is not kept, as a sentence's part."""
    found = []
    if forecast.load_busy > targets.most_load_busy:
        found.append(
            f"it thrashes: loads take {forecast.load_busy:.0%} of the time there is for them"
            f" ({forecast.loads_per_minute:,.1f} loads a minute); at most"
            f" {targets.most_load_busy:.0%} is sound"
        )
    if forecast.hit_ratio < targets.hit_ratio:
        found.append(
            f"hit ratio {forecast.hit_ratio:.3f} is below {targets.hit_ratio:g}:"
            f" {forecast.cold_per_minute:,.1f} calls a minute wait for a load"
        )
    if forecast.busy > targets.most_busy:
        found.append(
            f"answering takes {forecast.busy:.0%} of the time there is for it; at most"
            f" {targets.most_busy:.0%} is sound"
        )
    if targets.p99_ms is not None and forecast.p99_ms > targets.p99_ms:
        found.append(f"p99 {forecast.p99_ms:,.0f} ms is above {targets.p99_ms:,.0f} ms")
    return tuple(found)


def models_too_large(question: Question, machine: Machine) -> tuple[str, ...]:
    """A sentence's part for each budget that a single model exceeds."""
    called = question.traffic.rates.mean > 0
    found = []
    sizes = sizes_on(machine, question.fleet)
    for (what, limit), row in zip(machine.budgets.items(), sizes, strict=True):
        over = np.flatnonzero(called & (row > limit))
        if len(over):
            largest = int(over[np.argmax(row[over])])
            others = f" and {len(over) - 1:,} more models" if len(over) > 1 else ""
            found.append(
                f"{question.fleet.names[largest]}{others} cannot load: it takes"
                f" {row[largest]:,.0f} MiB of {what}, of which {limit:,.0f} MiB are usable"
            )
    return tuple(found)


def _simulated(question: Question, machine: Machine, instances: int) -> Forecast | None:
    if question.replay is None:
        return None
    return simulate(
        question.fleet,
        question.replay.calls,
        machine,
        instances=instances,
        routing=question.routing,
        counted_from=question.replay.counted_from,
    )


def _fewest(holds: Callable[[int], bool], most: int) -> int | None:
    """The smallest count that holds, where every larger one does as well."""
    if not holds(most):
        return None
    high = 1
    while not holds(high):
        high = min(high * 2, most)
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high
