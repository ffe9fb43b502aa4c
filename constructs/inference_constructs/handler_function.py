"""A handler of ``lambda/`` as a function: runtime, code and settings that all of them share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from .handler_code import handler_code
from .role_dependency import depend_on_permissions


def handler_function(
    scope: Construct,
    construct_id: str,
    *,
    resource_type: str,
    handler: str,
    packages: Sequence[str],
    role: iam.Role,
    log_group: logs.ILogGroup,
    memory_mib: int,
    timeout_minutes: int,
    environment: Mapping[str, str] | None = None,
    vpc: ec2.IVpc | None = None,
    subnets: ec2.SubnetSelection | None = None,
    security_groups: Sequence[ec2.ISecurityGroup] | None = None,
) -> lambda_.Function:
    """The function of ``handler``, a dotted path in ``packages``; in ``vpc`` where that is given.

    It has the role's permissions from its first event to its last one, which is the Delete.
    """
    function = lambda_.Function(
        scope,
        construct_id,
        description=f"{resource_type}: {handler}",
        runtime=lambda_.Runtime.PYTHON_3_14,
        code=handler_code(packages),
        handler=handler,
        memory_size=memory_mib,
        timeout=Duration.minutes(timeout_minutes),
        environment=environment,
        role=role,
        log_group=log_group,
        vpc=vpc,
        vpc_subnets=subnets,
        security_groups=security_groups,
    )
    depend_on_permissions(function, role)
    return function
