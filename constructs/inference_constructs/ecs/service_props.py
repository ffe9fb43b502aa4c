"""What a service is made of, checked before anything is built: all problems at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accelerator_catalog import NeuronInstance
from fleet_packing import (
    ChipSlot,
    DeploymentPercents,
    PackingError,
    awsvpc_task_limit,
    chip_slots,
    deployment_deadlock,
    safe_deployment,
)
from rollouts import ServiceUpdate, second_set_problem

from .cluster import EcsCluster
from .load_balancer_props import LoadBalancerKind, LoadBalancerProps
from .managed_capacity import ManagedNeuronCapacity
from .neuron_pool import NeuronCapacityPool
from .packing import NetworkMode, Packing
from .service_scaling_props import ServiceMetric, ServiceScalingProps
from .task_definition_neuron import host_ami, lock_port_problems, neuron_problems, owner_problems
from .workload import ContainerWorkload, Workload

# Of managed instances there are always more: ECS starts the new fleet before it stops the old one.
_MANAGED_DEPLOYMENT = DeploymentPercents(minimum=100, maximum=200)


@dataclass(frozen=True, kw_only=True)
class NeuronServiceProps:
    """``service_name``: under which the pool's ledger has the chips and CloudWatch the utilisation
    of their cores.

    ``pool``: of the cluster; ``managed-instances`` takes a ManagedNeuronCapacity instead.
    ``chips_per_task``, ``first_chip``, ``chips``: what the slots are cut out of; for
    ``chip-slots`` only. Without ``chips``, all that follow the first.
    ``network_mode``: without it, bridge; managed instances know awsvpc only.
    ``min_instances``: hosts that carry the service; without it, 1. ``scaling`` has its own.
    ``update``: how a second set of tasks takes over; without it, tasks are replaced one by one.
    ``deployment``: without it, the percents that keep most tasks serving and never wait for ever.
    ``load_balancer``: without it, nothing but the VPC's own routes leads to the tasks.
    ``awsvpc_trunking``: whether the account has ENI trunking switched on.
    """

    service_name: str
    cluster: EcsCluster
    pool: NeuronCapacityPool | ManagedNeuronCapacity
    workload: Workload
    packing: Packing = Packing.CHIP_SLOTS
    chips_per_task: int = 1
    first_chip: int = 0
    chips: int | None = None
    network_mode: NetworkMode | None = None
    min_instances: int | None = None
    deployment: DeploymentPercents | None = None
    update: ServiceUpdate | None = None
    load_balancer: LoadBalancerProps | None = None
    scaling: ServiceScalingProps | None = None
    awsvpc_trunking: bool = False

    def __post_init__(self) -> None:
        container = self.workload.container()
        problems = owner_problems("service_name", self.service_name)
        if container.health is None:
            problems.append(
                "workload must declare a health check: without one, a container whose server died"
                " stays RUNNING"
            )
        problems += self._packing_problems()
        problems += self._size_problems()
        problems += self._balancer_problems(container)
        if self.load_balancer is not None:
            problems += self.load_balancer.problems(container.ports)
        if self.scaling is not None:
            problems += self.scaling.problems(
                pool=self.pool, load_balancer=self.load_balancer, ports=container.ports
            )
        ami = host_ami(self.pool) if isinstance(self.pool, NeuronCapacityPool) else None
        for instance in self._instances:
            problems += neuron_problems(container, instance, ami=ami)
        if isinstance(self.pool, NeuronCapacityPool):
            problems += self._slot_problems(self.pool, container)
            problems += self._host_problems(self.pool)
            problems += self._second_set_problems(self.pool)
        else:
            problems += self._deployment_problems(hosts=None)
        if problems:
            raise ValueError("invalid NeuronServiceProps: " + "; ".join(dict.fromkeys(problems)))

    @property
    def resolved_network_mode(self) -> NetworkMode:
        """The mode given, or the one that the packing is made for."""
        if self.network_mode is not None:
            return self.network_mode
        managed = self.packing is Packing.MANAGED_INSTANCES
        return NetworkMode.AWSVPC if managed else NetworkMode.BRIDGE

    @property
    def slots(self) -> tuple[ChipSlot, ...]:
        """The slots of every host; none where ECS hands the chips out."""
        if not isinstance(self.pool, NeuronCapacityPool):
            return ()
        instance = self.pool.instance
        if self.packing is Packing.WHOLE_INSTANCE:
            return chip_slots(instance, chips_per_task=instance.chips)
        return chip_slots(
            instance,
            chips_per_task=self.chips_per_task,
            first_chip=self.first_chip,
            chips=self.chips,
        )

    @property
    def desired_range(self) -> range:
        """Every count of hosts that the service may have."""
        if self.scaling is not None:
            return range(self.scaling.lowest, self.scaling.highest + 1)
        fixed = 1 if self.min_instances is None else self.min_instances
        return range(fixed, fixed + 1)

    @property
    def resolved_deployment(self) -> DeploymentPercents:
        """The percents given, or safe ones for every count of hosts."""
        if self.deployment is not None:
            return self.deployment
        if not isinstance(self.pool, NeuronCapacityPool):
            return _MANAGED_DEPLOYMENT
        return safe_deployment(
            min_instances=self.desired_range[0],
            max_instances=self.desired_range[-1],
            pool_max_instances=self.pool.props.max_instances,
        )

    @property
    def _instances(self) -> Sequence[NeuronInstance]:
        if isinstance(self.pool, NeuronCapacityPool):
            return (self.pool.instance,)
        return self.pool.instances

    def _packing_problems(self) -> list[str]:
        problems: list[str] = []
        managed = self.packing is Packing.MANAGED_INSTANCES
        pool = self.pool
        if managed and isinstance(pool, NeuronCapacityPool):
            problems.append(
                "packing managed-instances needs a ManagedNeuronCapacity, got pool"
                f" {pool.name} of {pool.instance.name}"
            )
        if not managed and not isinstance(pool, NeuronCapacityPool):
            problems.append(
                f"packing {self.packing.value} needs a NeuronCapacityPool, got the managed"
                f" instances {pool.name}"
            )
        if managed and self.resolved_network_mode is not NetworkMode.AWSVPC:
            problems.append(
                "network_mode must be awsvpc for packing managed-instances, got"
                f" {self.resolved_network_mode.value}"
            )
        given = (self.chips_per_task, self.first_chip, self.chips)
        if self.packing is not Packing.CHIP_SLOTS and given != (1, 0, None):
            problems.append(
                "chips_per_task, first_chip and chips belong to packing chip-slots, got them with"
                f" {self.packing.value}, whose tasks own all chips of a host"
            )
        return problems

    def _size_problems(self) -> list[str]:
        if self.min_instances is None:
            return []
        if self.scaling is not None:
            return [
                "min_instances must be left out where there is scaling, which has its own, got"
                f" {self.min_instances}"
            ]
        if self.min_instances < 0:
            return [f"min_instances must be at least 0, got {self.min_instances}"]
        return []

    def _slot_problems(self, pool: NeuronCapacityPool, container: ContainerWorkload) -> list[str]:
        try:
            slots = self.slots
        except PackingError as error:
            return [str(error)]
        problems = lock_port_problems(container, pool.instance)
        mode = self.resolved_network_mode
        if mode is NetworkMode.HOST and len(slots) > 1 and container.ports:
            problems.append(
                "network_mode must be bridge or awsvpc where a host has several slots: the"
                f" workload's own port {container.ports[0].port} is there once, got host with"
                f" {len(slots)} slots"
            )
        limit = awsvpc_task_limit(pool.instance, trunking=self.awsvpc_trunking)
        if mode is NetworkMode.AWSVPC and len(slots) > limit:
            problems.append(
                f"network_mode awsvpc lets {pool.instance.name} carry {limit} tasks"
                f" {'with' if self.awsvpc_trunking else 'without'} ENI trunking, got {len(slots)}"
                " slots (take bridge, or more chips_per_task)"
            )
        return problems

    def _host_problems(self, pool: NeuronCapacityPool) -> list[str]:
        hosts = pool.props.max_instances
        highest = self.desired_range[-1]
        if highest > hosts:
            return [
                f"the service grows to {highest} hosts and pool {pool.name} to {hosts}: each host"
                " takes one task of a slot, so that the rest would wait for ever"
            ]
        return self._deployment_problems(hosts=hosts)

    def _second_set_problems(self, pool: NeuronCapacityPool) -> list[str]:
        if self.update is None:
            return []
        problems: list[str] = []
        problem = second_set_problem(desired=self.desired_range[-1], hosts=pool.props.max_instances)
        if problem is not None:
            problems.append(f"update has no room in pool {pool.name}: {problem}")
        try:
            slots = len(self.slots)
        except PackingError:
            return problems
        if slots > 1:
            problems.append(
                "update moves the traffic of one ECS service, and slots are a service each, got"
                f" {slots} slots"
            )
        return problems

    def _balancer_problems(self, container: ContainerWorkload) -> list[str]:
        if self.update is None:
            return []
        balancer = self.load_balancer
        if balancer is None or balancer.kind is not LoadBalancerKind.ALB:
            return ["update needs a load_balancer of kind alb, whose rule moves the traffic"]
        if self.scaling is not None and self.scaling.metric is ServiceMetric.REQUESTS:
            return ["update moves between two target groups, and metric requests counts one"]
        published = balancer.published(container.ports)
        if len(published) > 1:
            return [f"update moves the traffic of one published port, got {len(published)}"]
        return []

    def _deployment_problems(self, *, hosts: int | None) -> list[str]:
        """Counts at which a deployment gets stuck on ``hosts``, or on as many as it likes."""
        for desired in self.desired_range:
            reason = deployment_deadlock(
                self.resolved_deployment,
                desired=desired,
                hosts=2 * desired if hosts is None else hosts,
            )
            if reason is not None:
                fix = (
                    "raise maximum"
                    if hosts is None
                    else f"raise max_instances of pool {self.pool.name}"
                )
                return [f"deployment would wait for ever: {reason} (lower minimum, or {fix})"]
        return []
