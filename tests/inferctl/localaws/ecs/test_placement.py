from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from accelerator_catalog import EC2_INSTANCES
from fleet_packing import host_budget
from inferctl.localaws.ecs.simulator import (
    Fleet,
    PlacementStrategy,
    Task,
    TaskSpec,
    registered_memory_mib,
)

from .fleets import add_host, devices, on_type, spec


def placed(fleet: Fleet, definition: TaskSpec, **details: Any) -> Task:
    task = fleet.add_task(definition, "family:web", **details)
    fleet.place(task)
    return task


def reason(task: Task) -> str:
    assert task.host is None and task.refusal is not None
    return task.refusal.reason


@pytest.mark.parametrize("size", EC2_INSTANCES)
def test_a_host_registers_less_than_its_nominal_memory_and_more_than_its_budget(size: str) -> None:
    instance = EC2_INSTANCES[size]
    registered = registered_memory_mib(instance.memory_gib)

    assert host_budget(instance).memory_mib < registered < instance.memory_gib * 1024


def test_memory_and_cpu_run_out() -> None:
    fleet = Fleet()
    add_host(fleet, "inf2.xlarge")

    assert placed(fleet, spec(cpu=4096)).host is not None
    assert reason(placed(fleet, spec(cpu=1))) == "RESOURCE:CPU"
    assert reason(placed(fleet, spec(memoryReservation=16 * 1024))) == "RESOURCE:MEMORY"


def test_the_nominal_memory_of_an_instance_is_never_free() -> None:
    fleet = Fleet()
    add_host(fleet, "inf2.xlarge")

    assert reason(placed(fleet, spec(memory=16 * 1024))) == "RESOURCE:MEMORY"


def test_task_memory_counts_before_the_containers_and_reservation_before_the_limit() -> None:
    by_task = spec(memory=100, task={"memory": "2 GB", "cpu": "0.5 vCPU"})
    by_container = spec(memory=900, memoryReservation=300, cpu=10)

    assert (by_task.memory_mib, by_task.cpu) == (2048, 512)
    assert (by_container.memory_mib, by_container.cpu) == (300, 10)


def test_a_static_host_port_is_used_once_per_host_and_protocol() -> None:
    fleet = Fleet()
    add_host(fleet, "c5.xlarge")
    port = {"containerPort": 80, "hostPort": 8080}

    assert placed(fleet, spec(portMappings=[port])).host is not None
    assert reason(placed(fleet, spec("other", portMappings=[port]))) == "RESOURCE:PORTS"
    assert placed(fleet, spec(portMappings=[{**port, "protocol": "udp"}])).host is not None


def test_dynamic_ports_never_conflict_and_start_at_32768() -> None:
    fleet = Fleet()
    add_host(fleet, "c5.xlarge")
    definition = spec(portMappings=[{"containerPort": 80}, {"containerPort": 81, "hostPort": 0}])

    tasks = [placed(fleet, definition) for _ in range(3)]

    ports = [bound.host_port for task in tasks for bound in task.bindings]
    assert ports == list(range(32768, 32774))


@pytest.mark.parametrize("port", [22, 2376, 51678])
def test_ports_of_the_host_itself_are_taken(port: int) -> None:
    fleet = Fleet()
    add_host(fleet, "c5.xlarge")

    task = placed(fleet, spec(portMappings=[{"containerPort": 80, "hostPort": port}]))

    assert reason(task) == "RESOURCE:PORTS"


def test_host_mode_takes_the_container_port_of_the_host() -> None:
    fleet = Fleet()
    add_host(fleet, "c5.xlarge")
    mode = {"networkMode": "host"}

    assert placed(fleet, spec(portMappings=[{"containerPort": 80}], task=mode)).host is not None
    again = placed(fleet, spec(portMappings=[{"containerPort": 80}], task=mode))
    assert reason(again) == "RESOURCE:PORTS"


@pytest.mark.parametrize(("trunking", "fit"), [(False, 10), (True, 16)])
def test_awsvpc_tasks_need_an_interface_each(trunking: bool, fit: int) -> None:
    fleet = Fleet()
    kind = add_host(fleet, "inf1.24xlarge").type
    fleet.hosts.clear()
    add_host(fleet, "inf1.24xlarge", interfaces=kind.task_interfaces(trunking=trunking))
    definition = spec(portMappings=[{"containerPort": 80}], task={"networkMode": "awsvpc"})

    tasks = [placed(fleet, definition) for _ in range(16)]

    running = sum(task.host is not None for task in tasks)
    assert running == (min(kind.trunk_tasks, 16) if trunking and kind.trunk_tasks else 10)
    assert running == fit or kind.trunk_tasks is None


def test_an_instance_type_in_capitals_matches_nothing() -> None:
    fleet = Fleet()
    add_host(fleet, "inf1.xlarge")

    task = placed(fleet, spec(task={"placementConstraints": on_type("Inf1.xlarge")}))

    assert reason(task) == "MemberOf placement constraint unsatisfied."


def test_distinct_instance_looks_at_the_desired_status_of_the_group() -> None:
    fleet = Fleet()
    add_host(fleet, "c5.xlarge")
    first = placed(fleet, spec(), distinct=True)

    second = placed(fleet, spec(), distinct=True)
    assert reason(second) == "distinctInstance placement constraint unsatisfied."

    fleet.stop(first, code="UserInitiated", reason="")
    assert fleet.place(second) and first.status == "STOPPING"
    assert second.host is first.host


def test_distinct_instance_does_not_look_at_other_groups() -> None:
    fleet = Fleet()
    add_host(fleet, "c5.xlarge")
    placed(fleet, spec(), distinct=True)

    other = fleet.add_task(spec(), "family:other", distinct=True)

    assert fleet.place(other)


def test_a_stopping_task_keeps_memory_ports_and_chips_until_it_stopped() -> None:
    fleet = Fleet()
    add_host(fleet, "inf2.xlarge")
    definition = spec(
        memoryReservation=9000,
        portMappings=[{"containerPort": 80, "hostPort": 80}],
        linuxParameters=devices(["/dev/neuron0"]),
    )
    task = placed(fleet, definition)

    fleet.stop(task, code="UserInitiated", reason="")

    assert reason(placed(fleet, definition)) == "RESOURCE:MEMORY"
    assert list(fleet.chip_owners().values()) == [(task,)]
    fleet.finish_stopping()
    assert list(fleet.chip_owners().values()) == [()]
    assert placed(fleet, definition).host is not None


def test_devices_do_not_count_for_placement() -> None:
    fleet = Fleet()
    add_host(fleet, "inf2.xlarge")
    definition = spec(linuxParameters=devices(["/dev/neuron0"]))

    tasks = [placed(fleet, definition) for _ in range(2)]

    assert [task.status for task in tasks] == ["RUNNING", "RUNNING"]
    assert list(fleet.double_owned().values()) == [tuple(tasks)]


@pytest.mark.parametrize("size", ["inf2.xlarge", "c5.xlarge"])
def test_a_device_that_the_host_lacks_keeps_the_container_from_starting(size: str) -> None:
    fleet = Fleet()
    add_host(fleet, size)

    task = placed(fleet, spec(linuxParameters=devices(["/dev/neuron1"])))

    assert (task.status, task.stop_code) == ("STOPPED", "TaskFailedToStart")
    assert task.stopped_reason is not None and '"/dev/neuron1": no such file' in task.stopped_reason


def test_all_neuron_devices_are_exclusive_and_for_managed_instances() -> None:
    fleet = Fleet()
    add_host(fleet, "inf2.24xlarge")
    definition = spec(resourceRequirements=[{"type": "NeuronDevice", "value": "ALL"}])
    assert reason(placed(fleet, definition)) == "ATTRIBUTE"

    add_host(fleet, "inf2.24xlarge", managed=True)

    task = placed(fleet, definition)
    assert task.host is not None and task.host.managed
    assert sum(bool(tasks) for tasks in fleet.chip_owners().values()) == 6
    assert reason(placed(fleet, definition)) == "ATTRIBUTE"
    assert placed(fleet, spec()).host is not None


def test_a_draining_host_takes_no_tasks() -> None:
    fleet = Fleet()
    add_host(fleet, "c5.xlarge").draining = True

    assert reason(placed(fleet, spec())) == "No Container Instances were found in your cluster."


@pytest.mark.parametrize(
    ("kind", "field", "spread"),
    [
        ("binpack", "memory", [3, 0, 0, 0]),
        ("binpack", "cpu", [3, 0, 0, 0]),
        ("spread", "instanceId", [1, 1, 1, 0]),
        ("spread", "attribute:ecs.availability-zone", [1, 1, 1, 0]),
    ],
)
def test_strategies(kind: str, field: str, spread: list[int]) -> None:
    fleet = Fleet()
    hosts = [add_host(fleet, "c5.xlarge", zone=zone) for zone in "abca"]
    strategy = (PlacementStrategy(kind=kind, field=field),)

    for _ in range(3):
        placed(fleet, spec(cpu=10), strategy=strategy)

    assert [len(host.tasks) for host in hosts] == spread


def test_the_random_strategy_is_alike_in_each_run() -> None:
    def run() -> list[int]:
        fleet = Fleet()
        hosts = [add_host(fleet, "c5.xlarge") for _ in range(4)]
        for _ in range(12):
            placed(fleet, spec(), strategy=(PlacementStrategy(kind="random"),))
        return [len(host.tasks) for host in hosts]

    assert run() == run()
    assert len(Counter(run())) > 1


def test_the_loss_of_a_host_stops_its_tasks() -> None:
    fleet = Fleet()
    host = add_host(fleet, "inf2.xlarge")
    task = placed(fleet, spec())

    fleet.remove_host(host.id)

    assert task.status == "STOPPED"
    assert task.stopped_reason == f"Host EC2 (instance {host.instance_id}) terminated."
