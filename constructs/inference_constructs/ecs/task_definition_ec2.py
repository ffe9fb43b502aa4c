"""A task definition for EC2: what all of ours have in common, chips or none."""

from __future__ import annotations

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from accelerator_catalog import Ec2Instance

from .task_container import (
    CONTAINER_NAME,
    TaskPlace,
    acknowledge_environment,
    container_definitions,
    instance_type_constraint,
    task_volumes,
)
from .task_resources import TaskLogs, TaskResources
from .workload import ContainerWorkload


class Ec2TaskDefinition(Construct):
    """One container on hosts of one instance type. Without ``resources`` it has its own."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        instance: Ec2Instance,
        workload: ContainerWorkload,
        place: TaskPlace,
        task_logs: TaskLogs,
        resources: TaskResources | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.resources = resources or TaskResources(
            self,
            "Shared",
            image=workload.image.bind(self),
            model=workload.model,
            task_logs=task_logs,
        )
        self.resource = ecs.CfnTaskDefinition(
            self,
            "Resource",
            requires_compatibilities=["EC2"],
            network_mode=place.network_mode.value,
            execution_role_arn=self.resources.execution_role.role_arn,
            task_role_arn=self.resources.task_role.role_arn,
            placement_constraints=[instance_type_constraint(instance.name)],
            container_definitions=container_definitions(workload, place, self.resources),
            volumes=task_volumes(workload),
        )
        acknowledge_environment(self.resource)

    @property
    def task_definition_arn(self) -> str:
        """The ARN with its revision."""
        return self.resource.ref

    @property
    def container_name(self) -> str:
        """The name that overrides of a task need."""
        return CONTAINER_NAME

    @property
    def task_role(self) -> iam.IRole:
        """What the workload may do."""
        return self.resources.task_role

    @property
    def log_group(self) -> logs.ILogGroup:
        """Where the container's output goes."""
        return self.resources.log_group
