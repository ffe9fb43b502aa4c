"""The IAM policy that preflight needs, and nothing more."""

from __future__ import annotations

from typing import Any

from accelerator_catalog import REGIONS
from inferctl.preflight.container_images import container_images
from inferctl.preflight.subject import BOOTSTRAP_PARAMETER, Subject

# None of these can be limited to a resource: their resource types are empty in
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
_WITHOUT_RESOURCES = (
    "cloudwatch:GetMetricStatistics",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeSubnets",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:GetServiceQuota",
    "servicequotas:ListServiceQuotas",
)


def policy(subject: Subject) -> dict[str, Any]:
    """A policy document for the platform; ``sts:GetCallerIdentity`` is always allowed."""
    region = subject.platform.region
    partition = REGIONS[region].partition
    account = subject.account or subject.platform.account or "*"

    def arn(service: str, rest: str, owner: str = account) -> str:
        return f"arn:{partition}:{service}:{region}:{owner}:{rest}"

    statements = [
        _statement("Lists", _WITHOUT_RESOURCES, ["*"], {"aws:RequestedRegion": region}),
        _statement(
            "DeployedStacks",
            ("cloudformation:DescribeStacks", "cloudformation:GetTemplate"),
            [arn("cloudformation", f"stack/{stack}/*") for stack in sorted(subject.templates)],
        ),
        _statement(
            "Parameters",
            ("ssm:GetParameter",),
            [
                arn("ssm", f"parameter{BOOTSTRAP_PARAMETER}"),
                # public parameters have no account
                arn("ssm", "parameter/aws/service/ecs/optimized-ami/*", ""),
            ],
        ),
    ]
    repositories = sorted(
        f"arn:{partition}:ecr:{parts['region']}:{parts['account']}:repository/{parts['repository']}"
        for parts in (image.ecr for image in container_images(subject))
        if parts is not None
    )
    if repositories:
        statements.append(
            _statement("Images", ("ecr:BatchGetImage",), [*dict.fromkeys(repositories)])
        )
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(
    name: str,
    actions: tuple[str, ...],
    resources: list[str],
    equals: dict[str, str] | None = None,
) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": name,
        "Effect": "Allow",
        "Action": [*actions],
        "Resource": resources,
    }
    if equals is not None:
        statement["Condition"] = {"StringEquals": equals}
    return statement
