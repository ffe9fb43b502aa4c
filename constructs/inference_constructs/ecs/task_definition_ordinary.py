"""A task without chips: compiling, load clients, anything on an ordinary host or a GPU."""

from __future__ import annotations

from dataclasses import dataclass, field

from aws_cdk import aws_ecs as ecs
from constructs import Construct

from accelerator_catalog import GpuEc2Instance, NeuronInstance
from fleet_packing import FETCH_BUDGET, HostBudget, host_budget

from .capacity_pool import CapacityPool
from .packing import NetworkMode
from .task_container import TaskPlace
from .task_definition_ec2 import Ec2TaskDefinition
from .task_resources import TaskLogs
from .workload import Workload
from .workload_archive import ModelArchive

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
_LEAST_MEMORY_MIB = 6


@dataclass(frozen=True, kw_only=True)
class OrdinaryTaskDefinitionProps:
    """``memory_mib``, ``cpu_units`` (1,024 a vCPU): without them, all that the host leaves.

    ``gpus``: how many GPUs of the host the task gets to itself; ECS does schedule those.
    """

    pool: CapacityPool
    workload: Workload
    memory_mib: int | None = None
    cpu_units: int | None = None
    gpus: int = 0
    network_mode: NetworkMode = NetworkMode.BRIDGE
    task_logs: TaskLogs = field(default_factory=TaskLogs)

    def __post_init__(self) -> None:
        instance = self.pool.instance
        most = host_budget(instance)
        problems: list[str] = []
        if isinstance(instance, NeuronInstance):
            problems.append(
                f"pool must have no chips, got {self.pool.name} with {instance.name} (take"
                " NeuronTask, which owns the chips it uses)"
            )
        fetched = isinstance(self.workload.container().model, ModelArchive)
        aside = FETCH_BUDGET if fetched else HostBudget(memory_mib=0, cpu_units=0)
        for name, value, least, limit in (
            (
                "memory_mib",
                self.memory_mib,
                _LEAST_MEMORY_MIB + aside.memory_mib,
                most.memory_mib,
            ),
            ("cpu_units", self.cpu_units, 1 + aside.cpu_units, most.cpu_units),
        ):
            if value is not None and not least <= value <= limit:
                problems.append(
                    f"{name} must be {least} to {limit}, what {instance.name} leaves, got {value}"
                )
        gpus = instance.gpu_count if isinstance(instance, GpuEc2Instance) else 0
        if not 0 <= self.gpus <= gpus:
            problems.append(f"gpus must be 0 to {gpus} on {instance.name}, got {self.gpus}")
        if problems:
            raise ValueError("invalid OrdinaryTaskDefinitionProps: " + "; ".join(problems))

    @property
    def budget(self) -> HostBudget:
        """What the task reserves."""
        most = host_budget(self.pool.instance)
        return HostBudget(
            memory_mib=most.memory_mib if self.memory_mib is None else self.memory_mib,
            cpu_units=most.cpu_units if self.cpu_units is None else self.cpu_units,
        )


class OrdinaryTaskDefinition(Ec2TaskDefinition):
    """For EC2, on hosts of the pool's instance type."""

    def __init__(
        self, scope: Construct, construct_id: str, props: OrdinaryTaskDefinitionProps
    ) -> None:
        gpus = ecs.CfnTaskDefinition.ResourceRequirementProperty(type="GPU", value=str(props.gpus))
        super().__init__(
            scope,
            construct_id,
            instance=props.pool.instance,
            workload=props.workload.container(),
            place=TaskPlace(
                budget=props.budget,
                network_mode=props.network_mode,
                log_prefix="task",
                requirements=(gpus,) if props.gpus else (),
            ),
            task_logs=props.task_logs,
        )
