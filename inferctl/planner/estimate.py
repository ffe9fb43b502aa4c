"""Hits, loads and latency from rates alone, in seconds for 100,000 models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inferctl.planner.characteristic_time import CallsUpTo, Memory, calls_in_retention
from inferctl.planner.copies import Copies, one_each, sticky_copies
from inferctl.planner.fleet import Fleet, Floats
from inferctl.planner.forecast import Forecast
from inferctl.planner.latency import Wait, binned, parts_of, quantile, queue_wait
from inferctl.planner.machine import Machine, sizes_on
from inferctl.planner.routing import Policy, Routing
from inferctl.planner.traffic import Rates

_MOMENTS_WHEN_COLD = 48
_MOMENTS_A_PERIOD = 3
# who joins a load waits for what is left of it
_JOINED = (1 / 6, 3 / 6, 5 / 6)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Flows:
    """Of each model over all periods: loads, calls that join a load, and how long a load takes."""

    loads: Floats
    joins: Floats
    load_seconds: Floats
    resident: float
    busiest: float
    busiest_loads: float


def estimate(
    fleet: Fleet,
    rates: Rates,
    machine: Machine,
    *,
    instances: int = 1,
    routing: Routing | None = None,
) -> Forecast:
    """What `simulate` finds on average for Poisson calls at those rates."""
    routing = routing or Routing()
    if routing.policy is Policy.RANDOM:
        # every instance is an endpoint of its own with its part of the calls
        alone = Rates(
            seconds=rates.seconds,
            per_second=rates.per_second / instances,
            from_cold=rates.from_cold,
        )
        flows = _flows(fleet, alone, machine, one_each(len(fleet)), pooled=1)
        return _forecast(fleet, rates, machine, flows, instances=instances, factor=instances)
    held = rates.mean * fleet.service_seconds
    flows = _sticky_flows(fleet, rates, machine, held, instances, routing.spill_at)
    if instances > 1 and flows.busiest_loads < instances * machine.parallel_loads:
        # calls that wait for a load are under way too; where loads only queue up, without end
        waiting = (flows.loads + flows.joins / 2) * flows.load_seconds / rates.total_seconds
        flows = _sticky_flows(fleet, rates, machine, held + waiting, instances, routing.spill_at)
    return _forecast(fleet, rates, machine, flows, instances=instances, factor=1)


def _sticky_flows(
    fleet: Fleet, rates: Rates, machine: Machine, held: Floats, instances: int, spill_at: int
) -> _Flows:
    copies = sticky_copies(held, instances=instances, spill_at=spill_at)
    return _flows(fleet, rates, machine, copies, pooled=instances)


def _flows(fleet: Fleet, rates: Rates, machine: Machine, copies: Copies, *, pooled: int) -> _Flows:
    rows = Rates(
        seconds=rates.seconds,
        per_second=rates.per_second[:, copies.models] * copies.shares,
        from_cold=rates.from_cold,
    )
    memory = _memory(fleet, rows, machine, copies, pooled)
    upto = CallsUpTo(rows)
    # where not all fits, about one model goes for each that is loaded
    crowded = memory.fullness(upto.ever) > 1.0
    seconds = fleet.load_seconds + (machine.unload_seconds if crowded else 0.0)
    load_seconds = seconds[copies.models]
    loads, joins = np.zeros(len(load_seconds)), np.zeros(len(load_seconds))
    guess: float | None = None
    begun, busiest_loads = 0.0, 0.0
    loaded = np.zeros(len(load_seconds))
    for length, row in zip(rows.seconds, rows.per_second, strict=True):
        loads_before = float(loads @ load_seconds)
        moments = _moments(rows)
        for number in range(moments):
            now = begun + length * (number + 0.5) / moments
            longest = now if rows.from_cold else np.inf
            called, found = calls_in_retention(upto, memory, now, longest=longest, guess=guess)
            guess = found if np.isfinite(found) else guess
            absent = np.exp(-called)
            loaded = 1.0 - absent
            new = row * absent
            loads += new * (length / moments)
            joins += np.minimum(new * row * load_seconds, row - new) * (length / moments)
        begun += length
        busiest_loads = max(busiest_loads, (float(loads @ load_seconds) - loads_before) / length)
    if rows.from_cold:
        # the first loads of all come close together, and are no thrashing
        busiest_loads = float(loads @ load_seconds) / begun
    return _Flows(
        loads=_by_model(copies, loads, len(fleet)),
        joins=_by_model(copies, joins, len(fleet)),
        load_seconds=seconds,
        resident=float(loaded.sum()),
        busiest=float((rates.per_second @ fleet.service_seconds).max()),
        busiest_loads=busiest_loads,
    )


def _by_model(copies: Copies, values: Floats, models: int) -> Floats:
    sums = np.zeros(models)
    np.add.at(sums, copies.models, values)
    return sums


def _moments(rates: Rates) -> int:
    if rates.from_cold:
        return max(_MOMENTS_A_PERIOD, _MOMENTS_WHEN_COLD // len(rates.seconds))
    return 1 if len(rates.seconds) == 1 else _MOMENTS_A_PERIOD


def _memory(fleet: Fleet, rows: Rates, machine: Machine, copies: Copies, instances: int) -> Memory:
    """The budgets of all instances, less what stays free because no whole model fits there."""
    sizes = sizes_on(machine, fleet)[:, copies.models]
    weights = rows.mean
    called = weights > 0
    budgets = []
    for row, limit in zip(sizes, machine.budgets.values(), strict=True):
        used = row[called & (row > 0)]
        if not len(used):
            budgets.append(limit * instances)
        elif np.ptp(used) < 0.01 * used.max():
            size = float(used.mean())
            budgets.append(max(np.floor(limit / size * (1 + 1e-9)), 0.5) * size * instances)
        else:
            mean = float(used.mean())
            budgets.append(max(limit - mean / 2, mean / 2) * instances)
    return Memory(sizes=sizes, budgets=np.array(budgets))


def _forecast(
    fleet: Fleet, rates: Rates, machine: Machine, flows: _Flows, *, instances: int, factor: int
) -> Forecast:
    loads, joins = flows.loads * factor, flows.joins * factor
    seconds = rates.total_seconds
    offered = flows.busiest / instances * factor
    load_work = flows.busiest_loads * factor / instances
    service, loading = fleet.service_seconds, flows.load_seconds
    wait = queue_wait(servers=machine.slots, offered=offered, **_moments_of(service, rates.mean))
    for_load = queue_wait(
        servers=machine.parallel_loads, offered=load_work, **_moments_of(loading, loads)
    )
    warm = np.maximum(rates.mean * seconds - loads - joins, 0.0)
    latencies, portions = _latencies(service, loading, warm, loads, joins, for_load)
    calls = float(rates.mean.sum() * seconds)
    return Forecast(
        method="estimated",
        instances=instances,
        seconds=seconds,
        calls=calls,
        hits=max(calls - float(loads.sum() + joins.sum()), 0.0),
        loads=float(loads.sum()),
        unloads=max(float(loads.sum()) - (flows.resident * factor if rates.from_cold else 0), 0.0),
        p50_ms=quantile(0.5, latencies, portions, wait) * 1000,
        p99_ms=quantile(0.99, latencies, portions, wait) * 1000,
        busy=offered / machine.slots,
        load_busy=load_work / machine.parallel_loads,
        resident=flows.resident * factor,
    )


def _latencies(
    service: Floats, loading: Floats, warm: Floats, loads: Floats, joins: Floats, for_load: Wait
) -> tuple[Floats, Floats]:
    """Seconds without the wait for a slot, and how many calls take them."""
    parts = [binned(service, warm)]
    for share, calls in [(1.0, loads), *((each, joins / len(_JOINED)) for each in _JOINED)]:
        cold, weights = binned(service + loading * share, calls)
        parts += [(cold + waited, weights * chance) for waited, chance in parts_of(for_load)]
    return np.concatenate([each for each, _ in parts]), np.concatenate([each for _, each in parts])


def _moments_of(seconds: Floats, weights: Floats) -> dict[str, float]:
    """Mean and squared coefficient of variation, for `queue_wait`."""
    total = float(weights.sum())
    if total <= 0:
        return {"service": 0.0, "variation": 0.0}
    mean = float(weights @ seconds) / total
    spread = float(weights @ (seconds - mean) ** 2) / total
    return {"service": mean, "variation": spread / mean**2 if mean > 0 else 0.0}
