"""How ECS replaces the tasks of a service: one by one, or by a second set behind an alb."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from fleet_packing import DeploymentPercents
from inference_constructs.nag import acknowledge
from rollouts import ServiceShift, ServiceUpdate

_STRATEGY = {
    ServiceShift.BLUE_GREEN: "BLUE_GREEN",
    ServiceShift.CANARY: "CANARY",
    ServiceShift.LINEAR: "LINEAR",
}
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
_LOOK = (
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
)


def deployment_configuration(
    percents: DeploymentPercents, update: ServiceUpdate | None, alarms: Sequence[cloudwatch.IAlarm]
) -> ecs.CfnService.DeploymentConfigurationProperty:
    """The service's property. The circuit breaker rolls back tasks that do not start, the alarms
    those that start and answer wrongly."""
    breaker = ecs.CfnService.DeploymentCircuitBreakerProperty(enable=True, rollback=True)
    if update is None:
        return ecs.CfnService.DeploymentConfigurationProperty(
            minimum_healthy_percent=percents.minimum,
            maximum_percent=percents.maximum,
            deployment_circuit_breaker=breaker,
        )
    return ecs.CfnService.DeploymentConfigurationProperty(
        minimum_healthy_percent=percents.minimum,
        maximum_percent=percents.maximum,
        deployment_circuit_breaker=breaker,
        strategy=_STRATEGY[update.kind],
        bake_time_in_minutes=update.bake_minutes,
        canary_configuration=ecs.CfnService.CanaryConfigurationProperty(
            canary_percent=update.percent, canary_bake_time_in_minutes=update.step_minutes
        )
        if update.kind is ServiceShift.CANARY
        else None,
        linear_configuration=ecs.CfnService.LinearConfigurationProperty(
            step_percent=update.percent, step_bake_time_in_minutes=update.step_minutes
        )
        if update.kind is ServiceShift.LINEAR
        else None,
        alarms=ecs.CfnService.DeploymentAlarmsProperty(
            alarm_names=[alarm.alarm_name for alarm in alarms], enable=True, rollback=True
        ),
    )


def shifting_role(
    scope: Construct, *, target_groups: Sequence[str], rule: str, listener: str
) -> iam.Role:
    """Lets ECS move traffic between two target groups, by one rule of one listener."""
    role = iam.Role(
        scope,
        "ShiftingRole",
        assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"),
        description="Lets ECS move traffic to the tasks of a new version",
    )
    for sid, actions, resources in (
        (
            "RegisterTasks",
            (
                "elasticloadbalancing:DeregisterTargets",
                "elasticloadbalancing:RegisterTargets",
            ),
            [*target_groups],
        ),
        ("ShiftTraffic", ("elasticloadbalancing:ModifyRule",), [rule]),
        ("ShiftListener", ("elasticloadbalancing:ModifyListener",), [listener]),
        ("Look", _LOOK, ["*"]),
    ):
        role.add_to_policy(iam.PolicyStatement(sid=sid, actions=[*actions], resources=resources))
    acknowledge(
        role,
        {
            "AwsSolutions-IAM5[Resource::*]": "None of Elastic Load Balancing's Describe actions"
            " takes a resource."
        },
    )
    return role
