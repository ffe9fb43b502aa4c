"""The role of ``Custom::ModelFleet``'s handlers: sources, archives, and executions."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from model_fleet import contract

from .compile_fleet import CompileFleet
from .compile_roles import add_missing_statement
from .model_store import ModelStore
from .nag import acknowledge, wildcard_resource


def model_fleet_role(
    scope: Construct, construct_id: str, *, store: ModelStore, prefix: str, source_bucket: str
) -> iam.Role:
    """Reads the sources, and publishes and collects below the fleet's prefix."""
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description="Lets the model fleet read its sources and publish below its prefix",
    )
    bucket = store.bucket
    published = bucket.arn_for_objects(f"{prefix}*")
    sources = Stack.of(scope).format_arn(
        service="s3", region="", account="", resource=source_bucket, resource_name="*"
    )
    for statement in (
        iam.PolicyStatement(
            sid="PublishAndCollect",
            actions=[*contract.ARTIFACT_OBJECT_ACTIONS],
            resources=[published],
        ),
        iam.PolicyStatement(
            sid="ListOwnPrefix",
            actions=[*contract.ARTIFACT_BUCKET_ACTIONS],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [f"{prefix}*"]}},
        ),
        iam.PolicyStatement(
            sid="ReadSources",
            actions=[*contract.SOURCE_OBJECT_ACTIONS],
            resources=[sources],
        ),
    ):
        role.add_to_policy(statement)
    add_missing_statement(role, store=store, folder=prefix)
    store.key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")
    acknowledge(
        role,
        {
            wildcard_resource(role, published): "Archives are named by their content, so the"
            " fleet's own prefix is as narrow as it gets.",
            wildcard_resource(role, sources): "Sources are content-addressed objects of the CDK"
            " assets bucket; naming each would make the template grow with the models."
            " Read only.",
        },
    )
    return role


def add_machine_statements(role: iam.Role, fleet: CompileFleet) -> None:
    """Allow to start, watch and stop what works for the fleet."""
    for statement in (
        iam.PolicyStatement(
            sid="StartExecutions",
            actions=[*contract.MACHINE_ACTIONS],
            resources=[fleet.machine.state_machine_arn],
        ),
        iam.PolicyStatement(
            sid="WatchExecutions",
            actions=[*contract.EXECUTION_ACTIONS],
            resources=[fleet.executions_arn],
        ),
    ):
        role.add_to_policy(statement)
    acknowledge(
        role,
        {
            wildcard_resource(role, fleet.executions_arn): "Executions are named by the digest"
            " of their work; the pattern holds for this one state machine."
        },
    )
