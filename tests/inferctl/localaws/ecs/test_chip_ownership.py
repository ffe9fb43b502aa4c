"""No two tasks own one chip, whatever happens to a fleet; with naive definitions they do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accelerator_catalog import NEURON_INSTANCES
from fleet_packing import ChipSlot, chip_slots
from inferctl.localaws.ecs.simulator import (
    Fleet,
    ServiceState,
    TaskSpec,
    begin,
    reconcile,
    settle,
)

from .fleets import DISTINCT, add_host, devices, on_type, percents, service, slot_spec, spec

FLEETS = settings(
    max_examples=500,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
SIZES = (
    *("inf1.xlarge", "inf1.2xlarge", "inf1.6xlarge", "inf1.24xlarge"),
    *("inf2.xlarge", "inf2.8xlarge", "inf2.24xlarge", "inf2.48xlarge"),
    *("trn1.2xlarge", "trn1.32xlarge"),
)
ACTIONS = ("desired", "deploy", "run", "stop", "lose", "drain", "add", "round", "finish")
actions = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 997)), max_size=40)


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A pool: hosts of one size, cut into slots for one service or for two."""

    size: str
    hosts: int
    slots: tuple[ChipSlot, ...]
    minimum: int


@st.composite
def cuts(draw: st.DrawFn) -> list[Cut]:
    found: list[Cut] = []
    for size in draw(st.lists(st.sampled_from(SIZES), min_size=1, max_size=3, unique=True)):
        instance = NEURON_INSTANCES[size]
        first = draw(st.sampled_from([0, instance.chips // 2]))
        slots: list[ChipSlot] = []
        for start, chips in ((0, first), (first, instance.chips - first)):
            if chips:
                each = draw(st.sampled_from([n for n in range(1, chips + 1) if chips % n == 0]))
                slots += chip_slots(instance, chips_per_task=each, first_chip=start, chips=chips)
        found.append(
            Cut(
                size=size,
                hosts=draw(st.integers(1, 3)),
                slots=tuple(slots),
                minimum=draw(st.sampled_from([0, 50])),
            )
        )
    return found


@dataclass
class World:
    """A fleet of slots, an ordinary host, and what can happen to them."""

    fleet: Fleet = field(default_factory=Fleet)
    specs: list[TaskSpec] = field(default_factory=list)
    services: list[ServiceState] = field(default_factory=list)
    sizes: list[str] = field(default_factory=list)

    def enter(self, cut: Cut) -> None:
        """Hosts and services of a pool."""
        self.sizes.append(cut.size)
        for _ in range(cut.hosts):
            add_host(self.fleet, cut.size)
        for slot in cut.slots:
            self.specs.append(slot_spec(slot))
            self.services.append(
                service(
                    self.fleet,
                    f"{cut.size}-{slot.first_chip}",
                    self.specs[-1],
                    cut.hosts,
                    placementConstraints=DISTINCT,
                    deploymentConfiguration=percents(cut.minimum, 200 if cut.minimum else 100),
                )
            )

    def act(self, action: str, number: int) -> None:
        """One thing that happens, then one round of the scheduler."""
        index = number % len(self.services)
        hosts, tasks = list(self.fleet.hosts.values()), list(self.fleet.tasks.values())
        match action:
            case "desired":
                self.services[index].desired = number % 5
            case "deploy":
                begin(self.fleet, self.services[index], self.services[index].primary.spec, {})
            case "run":
                self.fleet.add_task(self.specs[index], "family:once")
            case "stop" if tasks:
                self.fleet.stop(tasks[number % len(tasks)], code="UserInitiated", reason="")
            case "lose" if hosts:
                self.fleet.remove_host(hosts[number % len(hosts)].id)
            case "drain" if hosts:
                host = hosts[number % len(hosts)]
                host.draining = not host.draining
            case "add":
                add_host(self.fleet, [*self.sizes, "c5.xlarge"][number % (len(self.sizes) + 1)])
            case "finish":
                self.fleet.finish_stopping()
        reconcile(self.fleet, self.services)

    def want_everything(self) -> None:
        """Desire as many tasks of each slot as there are hosts, and wait for them."""
        for host in self.fleet.hosts.values():
            host.draining = False
        for one in self.services:
            one.desired = len(self.fleet.hosts)
        settle(self.fleet, self.services)


@FLEETS
@given(cuts(), actions)
def test_tasks_of_chip_slots_own_every_chip_once_on_any_fleet(
    pools: list[Cut], happenings: Sequence[tuple[str, int]]
) -> None:
    world = World()
    add_host(world.fleet, "c5.xlarge")
    for cut in pools:
        world.enter(cut)

    reconcile(world.fleet, world.services)
    for action, number in happenings:
        world.act(action, number)
        assert not world.fleet.double_owned()
    world.want_everything()

    owners = world.fleet.chip_owners()
    assert {chip: len(tasks) for chip, tasks in owners.items() if len(tasks) != 1} == {}


@pytest.mark.parametrize("size", SIZES)
def test_slots_use_every_chip_of_each_size(size: str) -> None:
    world = World()
    slots = chip_slots(NEURON_INSTANCES[size])
    world.enter(Cut(size=size, hosts=2, slots=slots, minimum=50))

    world.want_everything()

    owners = world.fleet.chip_owners()
    assert len(owners) == 2 * NEURON_INSTANCES[size].chips
    assert all(len(tasks) == 1 for tasks in owners.values())


def naive(pools: Sequence[Cut], paths: Callable[[str], Sequence[str]]) -> Fleet:
    """One definition for all tasks of a pool, of which more are wanted than there are hosts."""
    fleet = Fleet()
    for cut in pools:
        for _ in range(cut.hosts):
            add_host(fleet, cut.size)
        definition = spec(
            linuxParameters=devices(paths(cut.size)),
            task={"placementConstraints": on_type(cut.size)},
        )
        settle(fleet, [service(fleet, cut.size, definition, cut.hosts + 1)])
    return fleet


@FLEETS
@given(cuts())
def test_tasks_that_all_map_the_first_device_own_it_together(pools: list[Cut]) -> None:
    fleet = naive(pools, lambda _: ["/dev/neuron0"])

    assert {device for _, device in fleet.double_owned()} == {"/dev/neuron0"}
    assert len(fleet.double_owned()) == len(pools)
    used = sum(bool(tasks) for tasks in fleet.chip_owners().values())
    assert used == len(fleet.hosts), "all other chips lie idle"


@FLEETS
@given(cuts())
def test_tasks_of_one_definition_with_all_devices_own_them_together(pools: list[Cut]) -> None:
    fleet = naive(pools, lambda size: NEURON_INSTANCES[size].devices)

    chips = sum(NEURON_INSTANCES[cut.size].chips for cut in pools)
    assert len(fleet.double_owned()) == chips


@pytest.mark.parametrize("locks", [True, False])
def test_without_lock_ports_a_task_gets_the_chip_of_one_that_is_still_stopping(
    locks: bool,
) -> None:
    fleet = Fleet()
    add_host(fleet, "inf1.6xlarge")
    slot = chip_slots(NEURON_INSTANCES["inf1.6xlarge"])[3]
    one = service(
        fleet,
        "slot3",
        slot_spec(slot, locks=locks),
        placementConstraints=DISTINCT,
        deploymentConfiguration=percents(0, 100),
    )
    settle(fleet, [one])

    begin(fleet, one, one.primary.spec, {})
    reconcile(fleet, [one])
    reconcile(fleet, [one])

    assert bool(fleet.double_owned()) is not locks
    settle(fleet, [one])
    assert not fleet.double_owned() and one.blocked is None


@pytest.mark.parametrize("locks", [True, False])
def test_without_lock_ports_a_one_off_task_gets_the_chip_of_a_service(locks: bool) -> None:
    fleet = Fleet()
    add_host(fleet, "inf2.xlarge")
    slot = chip_slots(NEURON_INSTANCES["inf2.xlarge"])[0]
    definition = spec(
        portMappings=[{"containerPort": 31000, "hostPort": 31000}] if locks else [],
        linuxParameters=devices(slot.devices),
    )
    settle(fleet, [service(fleet, "a", definition)])

    once = fleet.add_task(definition, "family:once", distinct=True)

    assert fleet.place(once) is not locks
    assert bool(fleet.double_owned()) is not locks
