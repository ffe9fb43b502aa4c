"""The search for the smallest fleet: what it finds, and what it must not be misled by."""

from __future__ import annotations

import time

import numpy as np
import pytest

from inferctl.planner.fleet import fleet_of
from inferctl.planner.machine import Machine
from inferctl.planner.plan import Answer, Question, Targets, smallest_fleet
from inferctl.planner.replay import calls_to_simulate
from inferctl.planner.routing import Policy, Routing
from inferctl.planner.shapes import uniform, zipf
from inferctl.planner.traffic import Calls, Rates, rates_of, sample, steady
from inferctl.planner.traffic_file import Traffic


def _question(
    traffic: Traffic,
    *,
    load_seconds: float = 1.0,
    service_seconds: float = 0.02,
    targets: Targets | None = None,
    policy: Policy = Policy.STICKY,
    simulated: bool = True,
) -> Question:
    return Question(
        fleet=fleet_of(
            traffic.names,
            host_mib=1.0,
            load_seconds=load_seconds,
            service_seconds=service_seconds,
        ),
        traffic=traffic,
        routing=Routing(policy=policy),
        targets=targets or Targets(),
        replay=calls_to_simulate(traffic) if simulated else None,
    )


def _rates(rates: Rates) -> Traffic:
    models = rates.per_second.shape[1]
    return Traffic(names=tuple(f"m{each}" for each in range(models)), rates=rates)


def _log(calls: Calls, models: int) -> Traffic:
    names = tuple(f"m{each}" for each in range(models))
    return Traffic(names=names, rates=rates_of(calls, models), calls=calls)


def _instances(answer: Answer) -> int | None:
    return answer.forecast.instances if answer.holds else None


def test_a_call_a_month_is_planned_at_once() -> None:
    started = time.process_time()

    found = smallest_fleet(_question(_rates(uniform(1, 1 / 2.6e6))), Machine(name="m", host_mib=1))

    assert (_instances(found), found.forecast.hit_ratio) == (1, 1.0)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("per_second", [1e-12, 1e-30, 1e7])
def test_rates_far_from_any_real_ones_are_planned_at_once(per_second: float) -> None:
    started = time.process_time()

    found = smallest_fleet(_question(_rates(uniform(2, per_second))), Machine(name="m", host_mib=2))

    assert found.holds == (per_second < 1)
    assert found.forecast.p99_ms >= 20
    assert time.process_time() - started < 10


def test_periods_of_a_moment_are_not_repeated_a_million_times() -> None:
    rates = Rates(seconds=np.array([1e-3, 1e-3]), per_second=np.array([[1.0], [2.0]]))

    assert _question(_rates(rates)).replay is None


def test_thousands_of_first_loads_do_not_queue_into_what_counts() -> None:
    question = _question(_rates(uniform(2_000, 50.0)), load_seconds=30.0, service_seconds=0.001)

    found = smallest_fleet(question, Machine(name="m", host_mib=2_000))

    assert (_instances(found), found.forecast.loads) == (1, 0)


@pytest.mark.parametrize("simulated", [True, False])
def test_a_busy_hour_counts_and_not_the_mean_of_the_day(simulated: bool) -> None:
    day = Rates(seconds=np.full(24, 3600.0), per_second=np.full((24, 1), 0.001))
    day.per_second[12] = 1.4

    found = smallest_fleet(
        _question(_rates(day), service_seconds=1.0, simulated=simulated),
        Machine(name="m", host_mib=9),
    )

    assert _instances(found) == 2


@pytest.mark.parametrize("simulated", [True, False])
def test_the_first_loads_of_a_log_are_no_thrashing(simulated: bool) -> None:
    calls = sample(Rates(seconds=np.array([3600.0]), per_second=zipf(60, 2.0).per_second), seed=1)

    found = smallest_fleet(
        _question(_log(calls, 60), load_seconds=5.0, simulated=simulated),
        Machine(name="m", host_mib=60),
    )

    assert _instances(found) == 1


def test_with_random_routing_fewer_may_hold_where_many_begin_cold() -> None:
    calls = sample(
        Rates(seconds=np.array([3600.0]), per_second=uniform(10, 1.0).per_second), seed=1
    )

    found = smallest_fleet(
        _question(_log(calls, 10), policy=Policy.RANDOM, simulated=False),
        Machine(name="m", host_mib=10),
    )

    assert _instances(found) == 1


def test_no_smaller_fleet_would_hold_when_simulated() -> None:
    question = _question(_rates(zipf(300, 20.0)), load_seconds=0.5)
    machine = Machine(name="m", host_mib=40, slots=4, parallel_loads=4)

    found = smallest_fleet(question, machine)
    fewer = smallest_fleet(question, machine, most=found.forecast.instances - 1)

    assert found.holds
    assert not fewer.holds


def test_more_instances_allowed_never_lose_an_answer() -> None:
    question = _question(_rates(zipf(300, 20.0)), load_seconds=0.5, simulated=False)
    machine = Machine(name="m", host_mib=40, slots=4, parallel_loads=4)

    found = [_instances(smallest_fleet(question, machine, most=most)) for most in range(1, 40)]

    fewest = next(each for each in found if each is not None)
    assert found == [None] * (fewest - 1) + [fewest] * (40 - fewest)


def test_targets_that_nothing_reaches_are_refused_soon() -> None:
    question = _question(_rates(zipf(200, 5.0)), targets=Targets(p99_ms=1.0))
    started = time.process_time()

    found = smallest_fleet(question, Machine(name="m", host_mib=50, slots=4))

    assert found.reasons[-1].endswith("is above 1 ms")
    assert time.process_time() - started < 15


def test_models_that_are_never_called_need_no_room() -> None:
    rates = steady(np.array([1.0, 0.0, 0.0]))

    found = smallest_fleet(_question(_rates(rates)), Machine(name="m", host_mib=1))

    assert (_instances(found), found.forecast.resident) == (1, 1)


def test_the_same_question_has_the_same_answer() -> None:
    answers = [
        smallest_fleet(
            _question(_rates(zipf(100, 5.0)), policy=policy), Machine(name="m", host_mib=30)
        )
        for policy in (Policy.RANDOM, Policy.RANDOM)
    ]

    assert answers[0].forecast == answers[1].forecast
