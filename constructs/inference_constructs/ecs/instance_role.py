"""The role of a container instance: what the ECS agent calls, on its own cluster."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from inference_constructs.nag import acknowledge, wildcard_resource


def instance_role(
    scope: Construct,
    construct_id: str,
    *,
    cluster: ecs.ICluster,
    description: str,
    more_actions: Sequence[str] = (),
) -> iam.Role:
    """A role with one policy of its own, in place of AmazonEC2ContainerServiceforEC2Role.

    ``more_actions``: what else the instance may do as itself.

    That one allows every action on images and logs in the account; here tasks pull and log with
    their execution roles. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
    """
    role = iam.Role(
        scope,
        construct_id,
        # China knows EC2 by a principal that ends in .com.cn, other services not:
        # https://github.com/kubernetes/kops/issues/27
        assumed_by=iam.ServicePrincipal(f"ec2.{Aws.URL_SUFFIX}"),
        description=description,
    )
    instances = Stack.of(scope).format_arn(
        service="ecs", resource="container-instance", resource_name=f"{cluster.cluster_name}/*"
    )
    for statement in (
        iam.PolicyStatement(
            sid="JoinCluster",
            actions=[
                "ecs:DeregisterContainerInstance",
                "ecs:RegisterContainerInstance",
                "ecs:SubmitAttachmentStateChanges",
                "ecs:SubmitContainerStateChange",
                "ecs:SubmitTaskStateChange",
            ],
            resources=[cluster.cluster_arn],
        ),
        iam.PolicyStatement(
            sid="RunTasks",
            # UpdateContainerInstancesState: the agent drains its instance when Spot takes it back.
            actions=[
                "ecs:Poll",
                "ecs:StartTelemetrySession",
                "ecs:UpdateContainerInstancesState",
                *more_actions,
            ],
            resources=[instances],
        ),
        iam.PolicyStatement(
            sid="FindEndpoint", actions=["ecs:DiscoverPollEndpoint"], resources=["*"]
        ),
    ):
        role.add_to_policy(statement)
    acknowledge(
        role,
        {
            "AwsSolutions-IAM5[Resource::*]": "ecs:DiscoverPollEndpoint accepts no resource; it"
            " only tells the agent which address to poll.",
            wildcard_resource(role, instances): "ECS names a container instance when it registers;"
            " the pattern holds for this one cluster.",
        },
    )
    return role
