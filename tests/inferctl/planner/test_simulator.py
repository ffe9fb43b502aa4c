"""Call by call: what is counted, where calls go, and what more memory does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferctl.planner.fleet import fleet_of
from inferctl.planner.forecast import Forecast
from inferctl.planner.machine import Machine
from inferctl.planner.routing import Policy, Routing
from inferctl.planner.simulator import simulate
from inferctl.planner.traffic import Calls

_MODELS = st.lists(st.integers(0, 9), min_size=1, max_size=120)


def _calls(models: list[int], *, every: float) -> Calls:
    times = np.arange(len(models), dtype=np.float64) * every
    return Calls(times=times, models=np.array(models), seconds=max(len(models) * every, 1e-9))


def _run(
    models: list[int], *, every: float = 10.0, memory: float = 3.0, instances: int = 1
) -> Forecast:
    fleet = fleet_of([str(each) for each in range(10)], host_mib=1.0, load_seconds=1.0)
    return simulate(
        fleet,
        _calls(models, every=every),
        Machine(name="m", host_mib=memory, parallel_loads=2, slots=2),
        instances=instances,
    )


@pytest.mark.parametrize(
    ("models", "hits", "loads", "unloads"),
    [
        ([0, 0, 0], 2, 1, 0),
        ([0, 1, 2, 0, 1, 2], 3, 3, 0),
        ([0, 1, 2, 3, 0], 0, 5, 2),
        ([0, 1, 2, 0, 3, 0], 2, 4, 1),
        ([0, 1, 2, 0, 3, 1], 1, 5, 2),
    ],
)
def test_three_models_fit_and_the_least_recently_used_goes(
    models: list[int], hits: int, loads: int, unloads: int
) -> None:
    found = _run(models)

    assert (found.hits, found.loads, found.unloads) == (hits, loads, unloads)


def test_calls_during_a_load_join_it() -> None:
    found = _run([0, 0, 0, 0], every=0.4)

    assert (found.calls, found.hits, found.loads) == (4, 1, 1)
    assert found.p99_ms == pytest.approx(1020, abs=20)


def test_a_load_waits_until_what_goes_for_it_has_gone() -> None:
    fleet = fleet_of(["a", "b"], host_mib=1.0, load_seconds=1.0)
    machine = Machine(name="m", host_mib=1.0, unload_seconds=2.0)

    # b begins at 5 s and is there at 8 s: its second call joins, its third is a hit
    calls = Calls(times=np.array([0.0, 5, 7.5, 8.5]), models=np.array([0, 1, 1, 1]), seconds=10.0)
    found = simulate(fleet, calls, machine)

    assert (found.hits, found.loads) == (1, 2)
    assert found.load_busy == pytest.approx(0.4)


def test_what_is_loaded_before_is_a_hit_as_far_as_it_fits() -> None:
    fleet = fleet_of(["a", "b", "c"], host_mib=1.0)
    machine = Machine(name="m", host_mib=2.0)

    found = simulate(fleet, _calls([1, 2, 0], every=10.0), machine, loaded=(0, 1, 2))

    assert (found.hits, found.loads, found.unloads) == (2, 1, 1)


@given(models=_MODELS, every=st.sampled_from([0.01, 0.3, 10.0]), instances=st.integers(1, 4))
@settings(max_examples=60)
def test_every_call_is_a_hit_or_waits_for_a_load(
    models: list[int], every: float, instances: int
) -> None:
    found = _run(models, every=every, instances=instances)

    assert found.calls == len(models)
    assert found.hits + found.loads <= found.calls
    assert found.loads - found.unloads == found.resident


@given(models=_MODELS)
@settings(max_examples=60)
def test_without_overlap_hits_and_loads_are_all_calls(models: list[int]) -> None:
    found = _run(models)

    assert found.hits + found.loads == found.calls


@given(models=_MODELS, memory=st.integers(1, 9))
@settings(max_examples=60)
def test_more_memory_never_lowers_the_hit_ratio(models: list[int], memory: int) -> None:
    assert _run(models, memory=memory + 1).hit_ratio >= _run(models, memory=memory).hit_ratio


def test_a_model_stays_on_its_instance_while_that_is_not_busy() -> None:
    found = _run([0] * 50, instances=4)

    assert (found.hits, found.loads) == (49, 1)


def test_a_hot_model_gets_copies_where_its_instance_is_busy() -> None:
    found = _run([0] * 400, every=0.004, instances=4)

    assert found.loads > 1
    assert found.resident == found.loads


def test_random_routing_loads_a_model_everywhere() -> None:
    fleet = fleet_of(["a"], host_mib=1.0)
    machine = Machine(name="m", host_mib=3)
    routing = Routing(policy=Policy.RANDOM)

    found = simulate(fleet, _calls([0] * 200, every=10.0), machine, instances=4, routing=routing)

    assert (found.loads, found.resident) == (4, 4)


def test_what_warms_up_is_not_counted() -> None:
    fleet = fleet_of(["a"], host_mib=1.0)
    calls = _calls([0] * 10, every=10.0)

    found = simulate(fleet, calls, Machine(name="m", host_mib=3), counted_from=50.0)

    assert (found.calls, found.hits, found.loads) == (5, 5, 0)
