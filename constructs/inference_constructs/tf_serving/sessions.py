"""A shell on an instance through Session Manager: no key, no open port, no managed policy."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from inference_constructs.nag import acknowledge, wildcard_resource


def allow_sessions(scope: Construct, construct_id: str, role: iam.IRole) -> iam.Policy:
    """What the agent on the instance calls, and nothing else of Systems Manager.

    docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
    """
    instances = Stack.of(scope).format_arn(service="ec2", resource="instance", resource_name="*")
    policy = iam.Policy(
        scope,
        construct_id,
        roles=[role],
        statements=[
            iam.PolicyStatement(
                sid="RegisterForSessions",
                actions=["ssm:UpdateInstanceInformation"],
                resources=[instances],
            ),
            iam.PolicyStatement(
                sid="CarrySessions",
                actions=[
                    "ssmmessages:CreateControlChannel",
                    "ssmmessages:CreateDataChannel",
                    "ssmmessages:OpenControlChannel",
                    "ssmmessages:OpenDataChannel",
                ],
                resources=["*"],
            ),
        ],
    )
    acknowledge(
        policy,
        {
            "AwsSolutions-IAM5[Resource::*]": "The channels of ssmmessages are no resources of IAM;"
            " the agent opens those of its own instance.",
            wildcard_resource(scope, instances): "EC2 names an instance when it starts it, which is"
            " after its role was made.",
        },
    )
    return policy
