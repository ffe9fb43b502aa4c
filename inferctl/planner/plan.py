"""The smallest fleet that keeps its targets, and why a smaller one does not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

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

    @cache
    def estimated(instances: int) -> Forecast:
        return estimate(
            question.fleet,
            question.traffic.rates,
            machine,
            instances=instances,
            routing=question.routing,
        )

    too_large = models_too_large(question, machine)
    lowest = min(_fewest_that_answer(question, machine), most)

    @cache
    def answer(instances: int) -> Answer:
        rough = estimated(instances)
        # where calls only queue up, going through them would say nothing more
        by_call = question.replay is not None and rough.busy <= 1
        forecast = _simulated(question, machine, rough) if by_call else rough
        reasons = (*too_large, *misses(forecast, question.targets))
        return Answer(machine=machine, forecast=forecast, estimated=rough, reasons=reasons)

    if too_large:
        return answer(most)
    count = _fewest(lambda each: not misses(estimated(each), question.targets), lowest, most)
    if count is None and answer(most).holds:
        count = _fewest(lambda each: answer(each).holds, lowest, most)
    return answer(most) if count is None else _nearest(answer, count, most=most)


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


def _simulated(question: Question, machine: Machine, rough: Forecast) -> Forecast:
    """Call by call; how busy it gets in the busiest period is known of the rates alone."""
    assert question.replay is not None
    forecast = simulate(
        question.fleet,
        question.replay.calls,
        machine,
        instances=rough.instances,
        routing=question.routing,
        counted_from=question.replay.counted_from,
        loaded=question.replay.loaded,
    )
    if len(question.traffic.rates.seconds) == 1:
        return forecast
    return replace(
        forecast,
        busy=max(forecast.busy, rough.busy),
        load_busy=max(forecast.load_busy, rough.load_busy),
    )


def _fewest_that_answer(question: Question, machine: Machine) -> int:
    """Fewer are too busy answering, whatever is loaded."""
    busiest = float((question.traffic.rates.per_second @ question.fleet.service_seconds).max())
    # a little less: rounding must not skip a fleet that just holds
    return max(math.ceil(busiest / machine.slots / question.targets.most_busy * (1 - 1e-9)), 1)


def _nearest(answer: Callable[[int], Answer], count: int, *, most: int) -> Answer:
    """The smallest fleet that holds near an estimated ``count``; else the last one tried."""
    found = answer(count)
    if found.holds:
        for fewer in range(count - 1, max(count - _SIMULATED_TRIES, 1) - 1, -1):
            if not answer(fewer).holds:
                break
            found = answer(fewer)
    else:
        for more in range(count + 1, min(count + _SIMULATED_TRIES, most) + 1):
            found = answer(more)
            if found.holds:
                break
    return found


def _fewest(holds: Callable[[int], bool], lowest: int, most: int) -> int | None:
    """The smallest count that holds: doubled from the lowest, then halved.

    From below, as more is not always better: with random routing each instance begins cold.
    """
    low, high = lowest - 1, lowest
    while not holds(high):
        if high == most:
            return None
        low, high = high, min(high * 2, most)
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high
