"""What the daemons of a pool have in common: one task on every host, on that pool only."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct, IDependable

from inference_constructs.nag import acknowledge


@dataclass(frozen=True, kw_only=True)
class DaemonHome:
    """Where a daemon's resources are made and its tasks run."""

    scope: Construct
    cluster: ecs.Cluster
    constraint: ecs.PlacementConstraint
    ready: IDependable
    log_retention: logs.RetentionDays
    removal_policy: RemovalPolicy

    def task_role(self, description: str) -> iam.Role:
        """A role without rights for the daemon's containers."""
        return iam.Role(
            self.scope,
            "TaskRole",
            assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"),
            description=description,
        )

    def logging(self) -> ecs.LogDriver:
        """One log group for the daemon, a stream for each container of each task."""
        return ecs.LogDrivers.aws_logs(
            stream_prefix="daemon",
            # A slow log must not stop the container that watches the chips.
            mode=ecs.AwsLogDriverMode.NON_BLOCKING,
            log_group=logs.LogGroup(
                self.scope,
                "Log",
                retention=self.log_retention,
                removal_policy=self.removal_policy,
            ),
        )

    def run(self, task_definition: ecs.Ec2TaskDefinition) -> ecs.Ec2Service:
        """The service; a deployment stops a host's old task before it starts the new one."""
        acknowledge(
            task_definition,
            {
                "AwsSolutions-ECS2": "Names, numbers and switches that the template shows anyway,"
                " and no secret among them."
            },
        )
        service = ecs.Ec2Service(
            self.scope,
            "Service",
            cluster=self.cluster,
            task_definition=task_definition,
            daemon=True,
            min_healthy_percent=0,
            max_healthy_percent=100,
            placement_constraints=[self.constraint],
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
        )
        # The CDK lets it wait for the task's role only.
        rights = task_definition.obtain_execution_role().node.find_child("DefaultPolicy")
        service.node.add_dependency(self.ready, rights)
        return service
