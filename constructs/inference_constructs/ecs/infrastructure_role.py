"""The role with which ECS starts and ends managed instances in this account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from inference_constructs.nag import acknowledge, wildcard_resource

_CREATED = ("fleet", "instance", "launch-template", "network-interface", "volume")
_OURS = {"StringEquals": {"aws:RequestTag/AmazonECSManaged": "true"}}


def infrastructure_role(
    scope: Construct,
    construct_id: str,
    *,
    instance_role: iam.IRole,
    subnets: Sequence[ec2.ISubnet],
    security_group: ec2.ISecurityGroup,
) -> iam.Role:
    """AmazonECSInfrastructureRolePolicyForManagedInstances without capacity reservations and Spot,
    held to this region, these subnets, this group and this instance role.

    https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSInfrastructureRolePolicyForManagedInstances.html
    """
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"),
        description="Lets ECS start and end managed instances",
    )
    stack = Stack.of(scope)

    def arn(resource: str, name: str = "*") -> str:
        return stack.format_arn(service="ec2", resource=resource, resource_name=name)

    image = stack.format_arn(service="ec2", account="", resource="image", resource_name="*")
    created = [arn(resource) for resource in _CREATED]
    started = [arn(resource) for resource in ("instance", "network-interface", "volume")]
    around = [
        arn("security-group", security_group.security_group_id),
        *(arn("subnet", subnet.subnet_id) for subnet in subnets),
        image,
    ]
    template = arn("launch-template")
    for statement in (
        _allow("CreateLaunchTemplate", ["ec2:CreateLaunchTemplate"], [template], _OURS),
        _allow(
            "ChangeOwnLaunchTemplates",
            ["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"],
            [template],
            {"StringEquals": {"ec2:ManagedResourceOperator": "ecs.amazonaws.com"}},
        ),
        _allow("CreateFleet", ["ec2:CreateFleet"], created, _OURS),
        _allow("StartInstances", ["ec2:RunInstances"], started, _OURS),
        _allow(
            "StartFromOwnLaunchTemplates",
            ["ec2:RunInstances"],
            [template],
            {"StringEquals": {"ec2:ResourceTag/AmazonECSManaged": "true"}},
        ),
        _allow("StartHere", ["ec2:CreateFleet", "ec2:RunInstances"], around),
        _allow(
            "TagWhatIsCreated",
            ["ec2:CreateTags"],
            created,
            {
                "StringEquals": {
                    "ec2:CreateAction": ["CreateFleet", "CreateLaunchTemplate", "RunInstances"]
                }
            },
        ),
        _allow(
            "PassInstanceRole",
            ["iam:PassRole"],
            [instance_role.role_arn],
            {"StringLike": {"iam:PassedToService": "ec2.*"}},
        ),
        _allow(
            "Look",
            [
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeInstances",
                "ec2:DescribeInstanceTypeOfferings",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeLaunchTemplates",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            ["*"],
        ),
    ):
        role.add_to_policy(statement)
    reason = (
        "EC2 names what ECS creates; only what carries ECS's own tag or operator can be created,"
        " started or changed."
    )
    acknowledge(
        role,
        {
            "AwsSolutions-IAM5[Resource::*]": "None of EC2's Describe actions takes a resource.",
            wildcard_resource(scope, image): "ECS picks the image of a managed instance itself.",
            **{wildcard_resource(scope, one): reason for one in created},
        },
    )
    return role


def _allow(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Mapping[str, Mapping[str, object]] | None = None,
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid, actions=[*actions], resources=[*resources], conditions=conditions
    )
