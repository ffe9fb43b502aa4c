"""Every call of a fleet, one after another: routing, loads, eviction, queues."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from inferctl.planner.fleet import Fleet
from inferctl.planner.forecast import Forecast
from inferctl.planner.lru import Residents
from inferctl.planner.machine import Machine, sizes_on
from inferctl.planner.routing import Routing, chooser
from inferctl.planner.traffic import Calls

# budgets are counted in whole KiB: sums of fractions would decide whether the last model fits
_UNITS = 1024

Sizes = list[tuple[int, ...]]
Waiting = tuple[int, float]
"""A call: its model and when it came."""


@dataclass(eq=False)
class _Instance:
    residents: Residents
    sizes: Sizes
    under_way: int = 0
    answering: int = 0
    loading: int = 0
    queue: deque[Waiting] = field(default_factory=deque)
    to_load: deque[int] = field(default_factory=deque)
    joined: dict[int, list[Waiting]] = field(default_factory=dict)

    def has_room(self, model: int) -> bool:
        return self.residents.has_room(self.sizes[model])


class _Simulation:
    def __init__(
        self, fleet: Fleet, machine: Machine, instances: int, routing: Routing, *, seed: int
    ) -> None:
        self.machine = machine
        self.service = fleet.service_seconds.tolist()
        self.load = fleet.load_seconds.tolist()
        sizes: Sizes = [
            tuple(row) for row in np.ceil(sizes_on(machine, fleet).T * _UNITS).astype(int).tolist()
        ]
        budgets = [int(limit * _UNITS) for limit in machine.budgets.values()]
        self.instances = [
            _Instance(residents=Residents(budgets), sizes=sizes) for _ in range(instances)
        ]
        self.choose = chooser(routing, self.instances, seed=seed)
        self.holders: dict[int, list[int]] = {}
        self.events: list[tuple[float, int, int, bool, Waiting]] = []
        self.sequence = 0
        self.clear()

    def clear(self) -> None:
        self.calls = self.hits = self.loads = self.unloads = 0
        self.latencies: list[float] = []
        self.answer_seconds = self.load_seconds = 0.0

    def place(self, model: int) -> None:
        """Loads ``model`` at once and uncounted, where a call of it would."""
        place = self.choose(model, [])
        instance = self.instances[place]
        for victim in instance.residents.reserve(model, instance.sizes[model]) or ():
            self.holders[victim].remove(place)
        instance.residents.unpin(model)
        self.holders[model] = [place]

    def arrive(self, model: int, now: float) -> None:
        holders = self.holders.get(model, [])
        place = self.choose(model, holders)
        instance = self.instances[place]
        instance.under_way += 1
        self.calls += 1
        if model in instance.joined:
            instance.joined[model].append((model, now))
        elif place in holders:
            self.hits += 1
            instance.residents.pin(model)
            self._answer(place, (model, now), now)
        else:
            self.loads += 1
            instance.joined[model] = [(model, now)]
            self.holders.setdefault(model, []).append(place)
            instance.to_load.append(model)
            self._start_loads(place, now)

    def pass_to(self, now: float) -> None:
        while self.events and self.events[0][0] <= now:
            at, _, place, is_load, call = heapq.heappop(self.events)
            if is_load:
                self._loaded(place, call[0], at)
            else:
                self._answered(place, call, at)

    def _later(self, at: float, place: int, is_load: bool, call: Waiting) -> None:
        self.sequence += 1
        heapq.heappush(self.events, (at, self.sequence, place, is_load, call))

    def _start_loads(self, place: int, now: float) -> None:
        instance = self.instances[place]
        while instance.to_load and instance.loading < self.machine.parallel_loads:
            model = instance.to_load[0]
            victims = instance.residents.reserve(model, instance.sizes[model])
            if victims is None:
                return
            instance.to_load.popleft()
            for victim in victims:
                self.holders[victim].remove(place)
            self.unloads += len(victims)
            instance.loading += 1
            seconds = self.load[model] + self.machine.unload_seconds * len(victims)
            self.load_seconds += seconds
            self._later(now + seconds, place, True, (model, now))

    def _loaded(self, place: int, model: int, now: float) -> None:
        instance = self.instances[place]
        instance.loading -= 1
        callers = instance.joined.pop(model)
        instance.residents.pin(model, len(callers))
        instance.residents.unpin(model)
        for call in callers:
            self._answer(place, call, now)
        self._start_loads(place, now)

    def _answer(self, place: int, call: Waiting, now: float) -> None:
        instance = self.instances[place]
        if instance.answering >= self.machine.slots:
            instance.queue.append(call)
            return
        instance.answering += 1
        seconds = self.service[call[0]]
        self.answer_seconds += seconds
        self._later(now + seconds, place, False, call)

    def _answered(self, place: int, call: Waiting, now: float) -> None:
        instance = self.instances[place]
        self.latencies.append(now - call[1])
        instance.residents.unpin(call[0])
        instance.under_way -= 1
        instance.answering -= 1
        if instance.queue:
            self._answer(place, instance.queue.popleft(), now)
        if instance.to_load:
            self._start_loads(place, now)


def simulate(
    fleet: Fleet,
    calls: Calls,
    machine: Machine,
    *,
    instances: int = 1,
    routing: Routing | None = None,
    counted_from: float = 0.0,
    loaded: Sequence[int] = (),
    seed: int = 0,
) -> Forecast:
    """What happens from an empty fleet on; calls before ``counted_from`` only warm it up.

    Models of ``loaded`` were loaded before the first call, in that order, as far as they fit.
    """
    world = _Simulation(fleet, machine, instances, routing or Routing(), seed=seed)
    for model in loaded:
        world.place(model)
    warming = counted_from > 0
    for now, model in zip(calls.times.tolist(), calls.models.tolist(), strict=True):
        world.pass_to(now)
        if warming and now >= counted_from:
            world.clear()
            warming = False
        world.arrive(model, now)
    if warming:
        world.clear()
    world.pass_to(float("inf"))
    seconds = calls.seconds - counted_from
    p50, p99 = np.percentile(world.latencies or [0.0], [50, 99]) * 1000
    return Forecast(
        method="simulated",
        instances=instances,
        seconds=seconds,
        calls=world.calls,
        hits=world.hits,
        loads=world.loads,
        unloads=world.unloads,
        p50_ms=float(p50),
        p99_ms=float(p99),
        busy=world.answer_seconds / (seconds * instances * machine.slots),
        load_busy=world.load_seconds / (seconds * instances * machine.parallel_loads),
        resident=sum(len(each.residents) for each in world.instances),
    )
