"""What our constructs synthesize owns every chip once, whatever happens to the fleet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inferctl.localaws.ecs.service_settings import configure
from inferctl.localaws.ecs.simulator import (
    Fleet,
    ServiceState,
    begin,
    reconcile,
    settle,
)

from .fleets import add_host
from .synthesized import LAYOUTS, Definition, Layout, Pool, layouts

FLEETS = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
ACTIONS = ("desired", "deploy", "run", "stop", "lose", "drain", "add", "round", "finish")
happened = st.tuples(st.sampled_from(ACTIONS), st.integers(0, 9_973))


@dataclass
class World:
    """A fleet of the layout's pools, and what can happen to it."""

    layout: Layout
    fleet: Fleet = field(default_factory=Fleet)
    services: dict[str, ServiceState] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for definition in (*self.layout.daemons, *self.layout.definitions):
            if definition.service is not None:
                self.services[definition.name] = self._service(definition)

    def _service(self, definition: Definition) -> ServiceState:
        assert definition.service is not None
        state = ServiceState(name=definition.name, desired=0, daemon=definition.daemon)
        configure(state, definition.service)
        begin(self.fleet, state, definition.spec, {})
        return state

    def add(self, pool: Pool) -> None:
        """A host, if the pool may have one more."""
        hosts = [host for host in self.fleet.hosts.values() if host.provider == pool.provider]
        if len(hosts) < pool.maximum:
            zone = "ab"[len(hosts) % 2]
            add_host(self.fleet, pool.instance.name, zone=zone, provider=pool.provider)

    def run(self, definition: Definition) -> None:
        """A task by RunTask with the pool's capacity provider; it waits for room."""
        group = f"family:{definition.name}"
        self.fleet.add_task(definition.spec, group, provider=definition.pool.provider)

    def act(self, action: str, number: int) -> None:
        """One thing that happens, then one round of the scheduler."""
        definition = self.layout.definitions[number % len(self.layout.definitions)]
        hosts, tasks = list(self.fleet.hosts.values()), list(self.fleet.tasks.values())
        state = self.services.get(definition.name)
        match action:
            case "desired" if state is not None:
                state.desired = number % (definition.pool.maximum + 1)
            case "deploy" if state is not None:
                begin(self.fleet, state, definition.spec, {})
            case "run":
                self.run(definition)
            case "stop" if tasks:
                self.fleet.stop(tasks[number % len(tasks)], code="UserInitiated", reason="")
            case "lose" if hosts:
                self.fleet.remove_host(hosts[number % len(hosts)].id)
            case "drain" if hosts:
                host = hosts[number % len(hosts)]
                host.draining = not host.draining
            case "add":
                self.add(self.layout.pools[number % len(self.layout.pools)])
            case "finish":
                self.fleet.finish_stopping()
        reconcile(self.fleet, list(self.services.values()))

    def want_everything(self) -> None:
        """Full pools, a task of every slot and a one-off task on each host."""
        for task in list(self.fleet.tasks.values()):
            if task.deployment is None:
                self.fleet.stop(task, code="UserInitiated", reason="")
        for host in self.fleet.hosts.values():
            host.draining = False
        for pool in self.layout.pools * max(one.maximum for one in self.layout.pools):
            self.add(pool)
        for definition in self.layout.definitions:
            if definition.service is not None:
                self.services[definition.name].desired = definition.pool.maximum
        settle(self.fleet, list(self.services.values()))
        for definition in self.layout.definitions:
            for _ in range(definition.pool.maximum if definition.service is None else 0):
                self.run(definition)
        settle(self.fleet, list(self.services.values()))


@pytest.mark.parametrize("number", range(LAYOUTS))
@FLEETS
@given(hosts=st.integers(0, 12), happenings=st.lists(happened, min_size=20, max_size=60))
def test_synthesized_tasks_own_every_chip_once_on_any_fleet(
    number: int, hosts: int, happenings: Sequence[tuple[str, int]]
) -> None:
    world = World(layouts()[number])
    for index in range(hosts):
        world.add(world.layout.pools[index % len(world.layout.pools)])

    for action, choice in happenings:
        world.act(action, choice)
        assert not world.fleet.double_owned()
    world.want_everything()

    owners = world.fleet.chip_owners()
    assert len(owners) == sum(pool.maximum * pool.instance.chips for pool in world.layout.pools)
    assert {chip: len(tasks) for chip, tasks in owners.items() if len(tasks) != 1} == {}


@pytest.mark.parametrize("number", range(LAYOUTS))
def test_only_the_lock_ports_keep_tasks_from_chips_that_are_owned(number: int) -> None:
    layout = layouts()[number]
    for definition in layout.definitions:
        size, provider = definition.pool.instance.name, definition.pool.provider
        for spec in (definition.spec, definition.unlocked):
            fleet = Fleet()
            add_host(fleet, size, provider=provider)
            first, second = (fleet.add_task(spec, "family:a", provider=provider) for _ in "ab")
            assert fleet.place(first)
            # half of a host or less: the memory of the rest is enough for a second task
            has_room = 2 * len(spec.devices) <= definition.pool.instance.chips
            locked = spec is definition.spec
            assert fleet.place(second) is (has_room and not locked)
            assert bool(fleet.double_owned()) is (has_room and not locked)
