"""The roles of a compile fleet: hosts, jobs, and the agent that starts them."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from model_fleet.contract import MISSING_OBJECT_ACTIONS, SOURCE_OBJECT_ACTIONS

from .model_store import ModelStore
from .nag import acknowledge, wildcard_resource


def compile_host_role(scope: Construct, construct_id: str) -> iam.Role:
    """What the ECS agent of a host calls, on the clusters that Batch makes.

    Jobs pull and log with their execution role, so this is AmazonEC2ContainerServiceforEC2Role
    without its rights on all images and logs of the account.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
    """
    role = iam.Role(
        scope,
        construct_id,
        # China knows EC2 by a principal that ends in .com.cn, other services not:
        # https://github.com/kubernetes/kops/issues/27
        assumed_by=iam.ServicePrincipal(f"ec2.{Aws.URL_SUFFIX}"),
        description="Hosts of compile jobs: joins the clusters that Batch makes",
    )
    stack = Stack.of(scope)
    # "AWSBatch-<environment>-<id>" or, of older environments, "<environment>_Batch_<id>"
    clusters = stack.format_arn(service="ecs", resource="cluster", resource_name="*Batch*")
    instances = stack.format_arn(
        service="ecs", resource="container-instance", resource_name="*Batch*/*"
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
            resources=[clusters],
        ),
        iam.PolicyStatement(
            sid="RunTasks",
            actions=[
                "ecs:Poll",
                "ecs:StartTelemetrySession",
                "ecs:UpdateContainerInstancesState",
            ],
            resources=[instances],
        ),
        iam.PolicyStatement(
            sid="FindEndpoint", actions=["ecs:DiscoverPollEndpoint"], resources=["*"]
        ),
    ):
        role.add_to_policy(statement)
    reason = "Batch makes the cluster of a compute environment and names it; CloudFormation does"
    acknowledge(
        role,
        {
            "AwsSolutions-IAM5[Resource::*]": "ecs:DiscoverPollEndpoint accepts no resource; it"
            " only tells the agent which address to poll.",
            wildcard_resource(role, clusters): f"{reason} not learn the name.",
            wildcard_resource(role, instances): f"{reason} not learn the name, nor the instances.",
        },
    )
    return role


def compile_execution_role(
    scope: Construct,
    construct_id: str,
    *,
    log_group: logs.ILogGroup,
    repository_arns: Sequence[str],
) -> iam.Role:
    """What the agent does for jobs: it pulls these images and writes this log."""
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=_tasks_of(scope),
        description="Pulls the compilers' images and writes the jobs' log",
    )
    log_group.grant_write(role)
    if repository_arns:
        role.add_to_policy(
            iam.PolicyStatement(
                sid="PullImages",
                actions=[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                ],
                resources=sorted(set(repository_arns), key=str),
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(
                sid="LogInToRegistry", actions=["ecr:GetAuthorizationToken"], resources=["*"]
            )
        )
        acknowledge(
            role,
            {
                "AwsSolutions-IAM5[Resource::*]": "ecr:GetAuthorizationToken accepts no resource;"
                " what may be pulled is held to the compilers' own repositories."
            },
        )
    return role


def compile_job_role(
    scope: Construct,
    construct_id: str,
    *,
    store: ModelStore,
    prefix: str,
    source_bucket: str,
    actions: Sequence[str],
) -> iam.Role:
    """What a job may do: read the sources, write below the prefix, but never the index."""
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=_tasks_of(scope),
        description="Lets compile jobs read their sources and write below the fleet's prefix",
    )
    add_artifact_statements(
        role,
        store=store,
        folder=prefix,
        actions=actions,
        reason="Archives are named by their content, so the fleet's own prefix is as narrow as it"
        " gets.",
    )
    never_the_index(role, store=store, prefix=prefix)
    add_source_statement(role, source_bucket)
    return role


def add_artifact_statements(
    role: iam.Role,
    *,
    store: ModelStore,
    folder: str,
    actions: Sequence[str],
    reason: str,
) -> None:
    """Allow ``actions`` on the objects below ``folder``, and to see that one is missing."""
    objects = store.bucket.arn_for_objects(f"{folder}*")
    role.add_to_policy(
        iam.PolicyStatement(sid="ArtifactObjects", actions=[*actions], resources=[objects])
    )
    add_missing_statement(role, store=store, folder=folder)
    store.key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")
    acknowledge(role, {wildcard_resource(role, objects): reason})


def add_missing_statement(role: iam.Role, *, store: ModelStore, folder: str) -> None:
    """Let S3 answer 404 for a missing object; who may not list the bucket gets a 403.

    That look at one object names no prefix, hence IfExists.
    """
    role.add_to_policy(
        iam.PolicyStatement(
            sid="TellWhatIsMissing",
            actions=[*MISSING_OBJECT_ACTIONS],
            resources=[store.bucket.bucket_arn],
            conditions={"StringLikeIfExists": {"s3:prefix": [f"{folder}*"]}},
        )
    )


def never_the_index(role: iam.Role, *, store: ModelStore, prefix: str) -> None:
    """Only the custom resource publishes: a compiler, or whoever took one over, does not."""
    role.add_to_policy(
        iam.PolicyStatement(
            sid="NeverTheIndex",
            effect=iam.Effect.DENY,
            actions=["s3:PutObject"],
            resources=[store.bucket.arn_for_objects(f"{prefix}index.json")],
        )
    )


def add_source_statement(role: iam.Role, source_bucket: str) -> None:
    """Allow to read manifest, source pack and weights."""
    sources = Stack.of(role).format_arn(
        service="s3", region="", account="", resource=source_bucket, resource_name="*"
    )
    role.add_to_policy(
        iam.PolicyStatement(
            sid="ReadSources", actions=[*SOURCE_OBJECT_ACTIONS], resources=[sources]
        )
    )
    acknowledge(
        role,
        {
            wildcard_resource(role, sources): "Sources are content-addressed objects of the CDK"
            " assets bucket; naming each would make the template grow with the models. Read only."
        },
    )


def _tasks_of(scope: Construct) -> iam.ServicePrincipal:
    """Tasks of this account and region:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    """
    stack = Stack.of(scope)
    return iam.ServicePrincipal(
        "ecs-tasks.amazonaws.com",
        conditions={
            "StringEquals": {"aws:SourceAccount": stack.account},
            "ArnLike": {
                "aws:SourceArn": stack.format_arn(
                    service="ecs", resource="*", arn_format=ArnFormat.NO_RESOURCE_NAME
                )
            },
        },
    )
