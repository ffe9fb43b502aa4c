"""The estimate from rates finds what the simulation of calls at those rates finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferctl.planner import shapes
from inferctl.planner.estimate import estimate
from inferctl.planner.fleet import fleet_of
from inferctl.planner.machine import Machine
from inferctl.planner.routing import Policy, Routing
from inferctl.planner.simulator import simulate
from inferctl.planner.traffic import Rates, sample

_MODELS = 150
_SHAPES = {
    "uniform": shapes.uniform(_MODELS, 4.0),
    "zipf": shapes.zipf(_MODELS, 4.0),
    "shifting": shapes.shifting(_MODELS, 4.0, period_seconds=900),
}


def _sizes(seed: int) -> list[float]:
    return list(np.random.default_rng(seed).uniform(8, 48, _MODELS))


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize(("memory", "instances"), [(900, 1), (600, 2), (400, 4)])
def test_it_agrees_with_the_simulation_within_two_points(
    shape: str, policy: Policy, memory: int, instances: int
) -> None:
    fleet = fleet_of([str(each) for each in range(_MODELS)], host_mib=_sizes(2), load_seconds=0.3)
    machine = Machine(name="m", host_mib=memory, slots=4, parallel_loads=4)
    routing, rates = Routing(policy=policy), _SHAPES[shape]

    calls = sample(rates, seed=3, seconds=7200)
    simulated = simulate(
        fleet, calls, machine, instances=instances, routing=routing, counted_from=3600
    )
    estimated = estimate(fleet, rates, machine, instances=instances, routing=routing)

    assert estimated.hit_ratio == pytest.approx(simulated.hit_ratio, abs=0.02)
    assert estimated.loads_per_minute == pytest.approx(simulated.loads_per_minute, rel=0.05)
    assert estimated.busy == pytest.approx(simulated.busy, rel=0.1)
    assert estimated.resident == pytest.approx(simulated.resident, rel=0.25)


def test_a_cold_start_is_in_the_estimate_of_a_log() -> None:
    fleet = fleet_of([str(each) for each in range(_MODELS)], host_mib=_sizes(4), load_seconds=0.2)
    machine = Machine(name="m", host_mib=1500, slots=4, parallel_loads=4)
    rates = Rates(seconds=np.array([300.0]), per_second=_SHAPES["zipf"].per_second, from_cold=True)

    runs = [simulate(fleet, sample(rates, seed=each), machine) for each in range(8)]
    estimated = estimate(fleet, rates, machine)

    hits, calls = sum(run.hits for run in runs), sum(run.calls for run in runs)
    assert estimated.hit_ratio == pytest.approx(hits / calls, abs=0.02)


@given(
    memory=st.floats(100, 4000),
    more=st.floats(1.0, 3.0),
    shape=st.sampled_from([*_SHAPES]),
    seed=st.integers(0, 5),
)
@settings(max_examples=40, deadline=None)
def test_more_memory_never_lowers_the_hit_ratio(
    memory: float, more: float, shape: str, seed: int
) -> None:
    fleet = fleet_of([str(each) for each in range(_MODELS)], host_mib=_sizes(seed))
    small, large = (
        estimate(fleet, _SHAPES[shape], Machine(name="m", host_mib=each)).hit_ratio
        for each in (memory, memory * more)
    )

    assert large >= small - 1e-3
    assert 0 <= small <= 1


def test_what_all_fits_is_never_loaded_again() -> None:
    fleet = fleet_of(["a", "b"], host_mib=10.0)

    found = estimate(fleet, shapes.uniform(2, 1.0), Machine(name="m", host_mib=20))

    assert (found.hit_ratio, found.loads, found.resident) == (1.0, 0.0, 2.0)


def test_more_calls_than_can_be_answered_have_no_p99() -> None:
    fleet = fleet_of(["a"], host_mib=1.0, service_seconds=1.0)

    found = estimate(fleet, shapes.uniform(1, 2.0), Machine(name="m", host_mib=20))

    assert (found.p99_ms, found.busy) == (float("inf"), 2.0)


def test_the_tighter_of_two_memories_decides() -> None:
    fleet = fleet_of([str(each) for each in range(_MODELS)], host_mib=1.0, gpu_mib=10.0)
    rates = _SHAPES["zipf"]

    both = estimate(fleet, rates, Machine(name="m", host_mib=10_000, gpu_mib=300))
    gpu = estimate(fleet, rates, Machine(name="m", gpu_mib=300))

    assert both.hit_ratio == pytest.approx(gpu.hit_ratio)
    assert both.hit_ratio < 0.8
