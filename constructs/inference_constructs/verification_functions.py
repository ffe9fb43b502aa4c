"""The pieces that both verifications are made of: assets, functions, what every role may do."""

from __future__ import annotations

import os
from collections.abc import Sequence

from aws_cdk import FileAssetLocation, FileAssetPackaging, Stack, Stage
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from endpoint_verification import contract
from model_folders import GoldenSources

from .handler_function import handler_function
from .nag import acknowledge, wildcard_resource

LOG_RETENTION = logs.RetentionDays.ONE_MONTH
_MEMORY_MIB = 1024
# A round takes 4 minutes, and its last call one more.
_TIMEOUT_MINUTES = 8


def golden_assets(
    scope: Construct, sources: GoldenSources
) -> tuple[FileAssetLocation, FileAssetLocation]:
    """Goldens and pack as file assets of the stack, content-addressed."""
    outdir = Stage.of(scope).outdir  # type: ignore[union-attr]  # every construct has a stage
    synthesizer = Stack.of(scope).synthesizer

    def add(digest: str, path: os.PathLike[str], name: str) -> FileAssetLocation:
        return synthesizer.add_file_asset(
            source_hash=digest,
            file_name=os.path.relpath(path, outdir),
            packaging=FileAssetPackaging.FILE,
            display_name=name,
        )

    return (
        add(sources.goldens_digest, sources.goldens_path, "goldens"),
        add(sources.pack_digest, sources.pack_path, "golden requests and answers"),
    )


def verification_function(
    scope: Construct,
    construct_id: str,
    *,
    resource_type: str,
    handler: str,
    role: iam.Role,
    log_group: logs.ILogGroup,
    vpc: ec2.IVpc | None = None,
    subnets: ec2.SubnetSelection | None = None,
    security_groups: Sequence[ec2.ISecurityGroup] | None = None,
) -> lambda_.Function:
    """A handler of ``endpoint_verification``; in ``vpc`` where that is given."""
    return handler_function(
        scope,
        construct_id,
        resource_type=resource_type,
        handler=handler,
        packages=contract.PACKAGES,
        role=role,
        log_group=log_group,
        memory_mib=_MEMORY_MIB,
        timeout_minutes=_TIMEOUT_MINUTES,
        vpc=vpc,
        subnets=subnets,
        security_groups=security_groups,
    )


def verification_role(scope: Construct, construct_id: str, *, description: str) -> iam.Role:
    """A role for Lambda that may look at its own stack, and nothing else yet."""
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description=description,
    )
    role.add_to_policy(
        iam.PolicyStatement(
            sid="SeeOwnStackRollBack",
            actions=[*contract.STACK_ACTIONS],
            resources=[Stack.of(scope).stack_id],
        )
    )
    return role


def grant_goldens(role: iam.Role, source_bucket: str) -> None:
    """Let ``role`` read the assets."""
    stack = Stack.of(role)
    sources = stack.format_arn(
        service="s3", region="", account="", resource=source_bucket, resource_name="*"
    )
    role.add_to_policy(
        iam.PolicyStatement(
            sid="ReadGoldens", actions=[*contract.SOURCE_ACTIONS], resources=[sources]
        )
    )
    acknowledge(
        role,
        {
            wildcard_resource(role, sources): "Goldens are content-addressed objects of the CDK"
            " assets bucket; another deployment's have other names. Read only."
        },
    )
