"""``Custom::CapacityPool``: empties a pool before its group and its capacity provider go."""

from __future__ import annotations

from aws_cdk import CustomResource, RemovalPolicy, Stack
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from capacity_pool import contract
from inference_constructs.handler_function import handler_function
from inference_constructs.nag import acknowledge, wildcard_resource
from inference_constructs.provider_framework import ProviderFramework

_MEMORY_MIB = 256
_TIMEOUT_MINUTES = 2
_QUERY_INTERVAL_SECONDS = 5
# Our own message, which says what is in the way, has to come before the framework's.
_MARGIN_SECONDS = 300
MOST_DRAIN_MINUTES = 55
"""What CloudFormation's hour leaves for waiting."""


class PoolDrain(Construct):
    """The functions behind the custom resources of all pools of one cluster.

    ECS protects instances that run tasks from scale-in, and an Auto Scaling group with a protected
    instance is never deleted. The resource takes the protection off and waits for the instances,
    once the services are gone, and stops one-off tasks that wait for an instance, since those hold
    the capacity provider. It changes nothing when it is created or updated.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        drain_minutes: int,
        log_retention: logs.RetentionDays,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self._drain_minutes = drain_minutes
        self._role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Lets the custom resource empty the cluster's capacity pools",
        )
        log_group = logs.LogGroup(
            self, "Log", retention=log_retention, removal_policy=removal_policy
        )
        log_group.grant_write(self._role)
        self._role.add_to_policy(
            iam.PolicyStatement(sid="ReadGroups", actions=[*contract.READ_ACTIONS], resources=["*"])
        )
        acknowledge(
            self._role,
            {
                "AwsSolutions-IAM5[Resource::*]": "autoscaling:DescribeAutoScalingGroups accepts no"
                " resource; the changes are held to each pool's own group."
            },
        )
        framework = ProviderFramework(
            self,
            "Framework",
            on_event=self._function("OnEvent", contract.ON_EVENT, log_group),
            is_complete=self._function("IsComplete", contract.IS_COMPLETE, log_group),
            query_interval_seconds=_QUERY_INTERVAL_SECONDS,
            total_timeout_seconds=drain_minutes * 60 + _MARGIN_SECONDS,
            log_retention=log_retention,
            removal_policy=removal_policy,
        )
        self._service_token = framework.service_token

    def add(
        self,
        scope: Construct,
        construct_id: str,
        *,
        pool: str,
        cluster: ecs.ICluster,
        group: autoscaling.AutoScalingGroup,
        provider: ecs.AsgCapacityProvider,
    ) -> CustomResource:
        """The custom resource of one pool, made in ``scope``.

        The rights to change the group and to stop tasks are a policy beside it: one in the
        functions' role would be gone, in an update that removes the pool, before it is emptied.
        """
        resource = CustomResource(
            scope,
            construct_id,
            resource_type=contract.RESOURCE_TYPE,
            service_token=self._service_token,
            properties={
                "Pool": pool,
                "Cluster": cluster.cluster_name,
                "CapacityProvider": provider.capacity_provider_name,
                "GroupName": group.auto_scaling_group_name,
                "DrainMinutes": str(self._drain_minutes),
            },
        )
        stack = Stack.of(scope)
        instances, tasks = (
            stack.format_arn(
                service="ecs", resource=kind, resource_name=f"{cluster.cluster_name}/*"
            )
            for kind in ("container-instance", "task")
        )
        policy = iam.Policy(
            scope,
            f"{construct_id}Policy",
            roles=[self._role],
            statements=[
                iam.PolicyStatement(
                    sid="EmptyGroup",
                    actions=[*contract.GROUP_ACTIONS],
                    resources=[group.auto_scaling_group_arn],
                ),
                iam.PolicyStatement(
                    sid="FindTasks", actions=[*contract.LIST_ACTIONS], resources=[instances]
                ),
                iam.PolicyStatement(
                    sid="StopWaitingTasks", actions=[*contract.TASK_ACTIONS], resources=[tasks]
                ),
            ],
        )
        acknowledge(
            policy,
            {
                wildcard_resource(policy, group.auto_scaling_group_arn): "A group's ARN holds an"
                " id that CloudFormation does not tell; its name, which follows, is unique.",
                **{
                    wildcard_resource(policy, arn): "The tasks of one cluster: which of them wait"
                    " for the pool is known when they are looked at."
                    for arn in (instances, tasks)
                },
            },
        )
        resource.node.add_dependency(policy)
        return resource

    def _function(
        self, construct_id: str, handler: str, log_group: logs.LogGroup
    ) -> lambda_.Function:
        return handler_function(
            self,
            construct_id,
            resource_type=contract.RESOURCE_TYPE,
            handler=handler,
            packages=contract.PACKAGES,
            role=self._role,
            log_group=log_group,
            memory_mib=_MEMORY_MIB,
            timeout_minutes=_TIMEOUT_MINUTES,
        )
