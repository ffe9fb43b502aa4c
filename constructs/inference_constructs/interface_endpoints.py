"""Which AWS services the platform's subnets reach through interface endpoints.

SageMaker pulls the serving image and ships container logs over its own network, and S3 goes
through the free gateway endpoint, so most platforms need one interface endpoint only. Container
instances of ECS do all that themselves, and need several where their subnets have no way out. Each
costs money per Availability Zone and hour: none is added "to be safe".
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from aws_cdk import aws_ec2 as ec2

_AWS = ec2.InterfaceVpcEndpointAwsService

INTERFACE_ENDPOINTS = MappingProxyType(
    {
        "autoscaling": _AWS.AUTOSCALING,
        "ec2": _AWS.EC2,
        "ecr.api": _AWS.ECR,
        "ecr.dkr": _AWS.ECR_DOCKER,
        "ecs": _AWS.ECS,
        "ecs-agent": _AWS.ECS_AGENT,
        "ecs-telemetry": _AWS.ECS_TELEMETRY,
        "elastic-inference.runtime": _AWS.ELASTIC_INFERENCE_RUNTIME,
        "kms": _AWS.KMS,
        "lambda": _AWS.LAMBDA_,
        "logs": _AWS.CLOUDWATCH_LOGS,
        "monitoring": _AWS.CLOUDWATCH_MONITORING,
        "sagemaker.api": _AWS.SAGEMAKER_API,
        "sagemaker.runtime": _AWS.SAGEMAKER_RUNTIME,
        "states": _AWS.STEP_FUNCTIONS,
        "sts": _AWS.STS,
    }
)
"""Service name, as in ``com.amazonaws.<region>.<name>``, to its CDK description."""


def interface_endpoints_in_use(
    *, serves: bool, isolated: bool, network_isolation: bool, hosts: Sequence[str] = ()
) -> tuple[str, ...]:
    """The services that a platform uses from inside its VPC, sorted.

    ``serves``: it has a SageMaker endpoint, so callers in the VPC invoke it privately.
    ``isolated``: the containers' subnets have no route out. Unless ``network_isolation`` forbids
    containers to call anything at all, their code then reaches STS, CloudWatch and the logs only
    through endpoints.
    ``hosts``: what container instances without a route out call.
    """
    names = set(hosts)
    if serves:
        names.add("sagemaker.runtime")
        if isolated and not network_isolation:
            names |= {"logs", "monitoring", "sts"}
    return tuple(sorted(names))
