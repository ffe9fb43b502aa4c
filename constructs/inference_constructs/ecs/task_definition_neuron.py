"""A task that owns chips of a host: its devices, its cores and its share of memory and CPU."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from constructs import Construct

from accelerator_catalog import EcsAmi, NeuronInstance, neuron_host_problem, sdk_problem
from fleet_packing import LOCK_PORT_BASE, ChipSlot, host_budget

from .neuron_pool import NeuronCapacityPool
from .packing import NetworkMode
from .task_container import TaskPlace
from .task_definition_ec2 import Ec2TaskDefinition
from .task_resources import TaskLogs, TaskResources
from .workload import LOGICAL_CORES, VISIBLE_CORES, ContainerWorkload, Workload

_OWNER = r"[A-Za-z][A-Za-z0-9-]{0,62}"


@dataclass(frozen=True, kw_only=True)
class NeuronTaskDefinitionProps:
    """``slot``: the chips, out of ``fleet_packing.chip_slots`` for the pool's instance type.

    ``task_logs``: what becomes of the log; without effect where ``resources`` are given.
    ``resources``: roles and log shared with other slots; without them, the task has its own.
    """

    pool: NeuronCapacityPool
    slot: ChipSlot
    workload: Workload
    network_mode: NetworkMode = NetworkMode.BRIDGE
    task_logs: TaskLogs = field(default_factory=TaskLogs)
    resources: TaskResources | None = None

    def __post_init__(self) -> None:
        instance = self.pool.instance
        problems = neuron_problems(self.workload.container(), instance, ami=host_ami(self.pool))
        if self.slot.instance != instance:
            problems.append(
                f"slot must be of {instance.name}, the instance type of pool {self.pool.name},"
                f" got one of {self.slot.instance.name}"
            )
        problems += lock_port_problems(self.workload.container(), instance)
        if problems:
            raise ValueError("invalid NeuronTaskDefinitionProps: " + "; ".join(problems))


class NeuronTaskDefinition(Ec2TaskDefinition):
    """For EC2. It claims no chips by itself: a service or a one-off task does that for it.

    ECS schedules host ports and not devices. With the host's network (bridge and host mode) the
    task therefore maps a static port for each of its chips, so that ECS never places it where
    another task still owns one of them. A task with an interface of its own (awsvpc) maps none: for
    those only ``distinctInstance`` and the pool's ledger stand in the way of a second owner.
    """

    def __init__(
        self, scope: Construct, construct_id: str, props: NeuronTaskDefinitionProps
    ) -> None:
        slot = props.slot
        super().__init__(
            scope,
            construct_id,
            instance=slot.instance,
            workload=props.workload.container(),
            place=TaskPlace(
                budget=host_budget(slot.instance).share(
                    chips=slot.chip_count, of=slot.instance.chips
                ),
                network_mode=props.network_mode,
                log_prefix=slot.name,
                devices=slot.devices,
                lock_ports=() if props.network_mode is NetworkMode.AWSVPC else slot.lock_ports,
                neuron=True,
                environment=neuron_environment(slot),
            ),
            task_logs=props.task_logs,
            resources=props.resources,
        )
        self.slot = slot


def neuron_environment(slot: ChipSlot) -> dict[str, str]:
    """Which cores a task owns, numbered over the whole host, and how the host counts them."""
    instance = slot.instance
    environment = {VISIBLE_CORES: slot.cores}
    joined = instance.cores_per_chip // instance.logical_cores_per_chip
    if joined > 1:
        # https://awsdocs-neuron.readthedocs-hosted.com/en/latest/about-neuron/arch/neuron-features/logical-neuroncore-config.html
        environment[LOGICAL_CORES] = str(joined)
    return environment


def host_ami(pool: NeuronCapacityPool) -> EcsAmi | None:
    """The line of images that the hosts boot; None for one of your own, whose driver we ignore."""
    return pool.props.ami if pool.props.image is None else None


def owner_problems(prop: str, name: str) -> list[str]:
    """Why nobody of that name can own chips; it is a dimension of CloudWatch, too."""
    if re.fullmatch(_OWNER, name):
        return []
    return [
        f"{prop} must be 1 to 63 letters, digits and hyphens, starting with a letter, got {name!r}"
    ]


def neuron_problems(
    workload: ContainerWorkload, instance: NeuronInstance, *, ami: EcsAmi | None
) -> list[str]:
    """Why the workload does not run on the chips of ``instance``, or over the driver of ``ami``."""
    problems: list[str] = []
    if workload.model is not None and (problem := workload.model.problem_on(instance)):
        problems.append(problem)
    versions = workload.image.core_versions
    if versions is not None and instance.core_version not in versions:
        known = " and ".join(f"v{version}" for version in sorted(versions))
        problems.append(
            f"the image of the workload is for NeuronCore-{known}, got {instance.name} with"
            f" NeuronCore-v{instance.core_version}"
        )
    sdk = workload.image.sdk
    if sdk is None:
        return problems
    problem = sdk_problem(sdk, instance)
    if problem is None and ami is not None:
        problem = neuron_host_problem(sdk, ami, instance)
    if problem is not None:
        problems.append(f"the image of the workload does not run on the hosts: {problem}")
    return problems


def lock_port_problems(workload: ContainerWorkload, instance: NeuronInstance) -> list[str]:
    """Ports of the workload that stand for chips of its host, its own task's or a neighbour's."""
    locks = range(LOCK_PORT_BASE, LOCK_PORT_BASE + instance.chips)
    return [
        f"port {port.name} must be none of {locks[0]} to {locks[-1]}, which stand for the chips of"
        f" {instance.name}, got {port.port}"
        for port in workload.ports
        if port.port in locks
    ]
