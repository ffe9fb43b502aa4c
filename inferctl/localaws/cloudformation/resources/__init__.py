"""Every resource type that the embedded CloudFormation can make."""

from __future__ import annotations

from collections.abc import Mapping

from inferctl.localaws.cloudformation.errors import NotEmulatedError

from . import (
    autoscaling_groups,
    autoscaling_policies,
    autoscaling_targets,
    awslambda,
    batch,
    cdk,
    cloudwatch,
    ec2_instances,
    ec2_network,
    ec2_security,
    ecr,
    ecs,
    ecs_service,
    elbv2_listeners,
    elbv2_load_balancers,
    elbv2_target_groups,
    events,
    iam,
    iam_instance_profiles,
    kms,
    launch_templates,
    logs,
    s3,
    sagemaker,
    sns,
    ssm,
    stepfunctions,
)
from .base import ResourceType
from .custom import CUSTOM

RESOURCE_TYPES: Mapping[str, ResourceType] = {
    **autoscaling_groups.TYPES,
    **autoscaling_policies.TYPES,
    **autoscaling_targets.TYPES,
    **awslambda.TYPES,
    **batch.TYPES,
    **cdk.TYPES,
    **cloudwatch.TYPES,
    **ec2_instances.TYPES,
    **ec2_network.TYPES,
    **ec2_security.TYPES,
    **ecr.TYPES,
    **ecs.TYPES,
    **ecs_service.TYPES,
    **elbv2_listeners.TYPES,
    **elbv2_load_balancers.TYPES,
    **elbv2_target_groups.TYPES,
    **events.TYPES,
    **iam.TYPES,
    **iam_instance_profiles.TYPES,
    **kms.TYPES,
    **launch_templates.TYPES,
    **logs.TYPES,
    **s3.TYPES,
    **sagemaker.TYPES,
    **sns.TYPES,
    **ssm.TYPES,
    **stepfunctions.TYPES,
    "AWS::CloudFormation::CustomResource": CUSTOM,
}


def is_custom(kind: str) -> bool:
    """Whether a Lambda function, not a service, stands behind the type."""
    return kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"


def resource_type(kind: str) -> ResourceType:
    """How ``kind`` is made; raises `NotEmulatedError`."""
    if is_custom(kind):
        return CUSTOM
    if kind not in RESOURCE_TYPES:
        raise NotEmulatedError(f"resource type {kind}")
    return RESOURCE_TYPES[kind]
