"""A task on ECS Managed Instances: ECS chooses the host and hands out all of its chips."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_ecs as ecs
from constructs import Construct

from accelerator_catalog import NeuronInstance
from fleet_packing import HostBudget, host_budget

from .packing import NetworkMode
from .task_container import (
    TaskPlace,
    acknowledge_environment,
    container_definitions,
    task_volumes,
)
from .task_resources import TaskResources
from .workload import ContainerWorkload


class ManagedTaskDefinition(Construct):
    """``NeuronDevice=ALL`` in place of a list of devices, which ECS takes for EC2 only.

    Which cores there are the runtime sees by itself. The task asks for what the smallest of
    ``instances`` leaves beside its host.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-inference.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        instances: Sequence[NeuronInstance],
        workload: ContainerWorkload,
        resources: TaskResources,
    ) -> None:
        super().__init__(scope, construct_id)
        budgets = [host_budget(instance) for instance in instances]
        budget = HostBudget(
            memory_mib=min(budget.memory_mib for budget in budgets),
            cpu_units=min(budget.cpu_units for budget in budgets),
        )
        place = TaskPlace(
            budget=budget,
            network_mode=NetworkMode.AWSVPC,
            log_prefix="managed",
            neuron=True,
            requirements=(
                ecs.CfnTaskDefinition.ResourceRequirementProperty(type="NeuronDevice", value="ALL"),
            ),
        )
        self.resource = ecs.CfnTaskDefinition(
            self,
            "Resource",
            requires_compatibilities=["MANAGED_INSTANCES"],
            network_mode=NetworkMode.AWSVPC.value,
            cpu=str(budget.cpu_units),
            memory=str(budget.memory_mib),
            execution_role_arn=resources.execution_role.role_arn,
            task_role_arn=resources.task_role.role_arn,
            container_definitions=container_definitions(workload, place, resources),
            volumes=task_volumes(workload),
        )
        acknowledge_environment(self.resource)

    @property
    def task_definition_arn(self) -> str:
        """The ARN with its revision."""
        return self.resource.ref
