"""What the tasks of one service share: two roles and a log group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct, IDependable

from inference_constructs.nag import acknowledge, wildcard_resource

from .model_fetch import bind_fetch_image
from .workload_archive import ModelArchive
from .workload_image import BoundImage
from .workload_model import ModelSource


@dataclass(frozen=True, kw_only=True)
class TaskLogs:
    """``removal_policy``: whether the log outlives the stack."""

    retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN


class TaskResources(Construct):
    """``task_role`` is what the container may do, ``execution_role`` what the agent may for it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        image: BoundImage,
        model: ModelSource | ModelArchive | None,
        task_logs: TaskLogs,
    ) -> None:
        super().__init__(scope, construct_id)
        self.image = image
        self.log_group = logs.LogGroup(
            self,
            "Log",
            retention=task_logs.retention,
            removal_policy=task_logs.removal_policy,
        )
        self.execution_role = self._role("ExecutionRole", "Pulls the image and writes the log")
        self._write_log()
        self.fetch_image = (
            bind_fetch_image(Construct(self, "Fetch"), model)
            if isinstance(model, ModelArchive)
            else None
        )
        self._pull(
            sorted(
                {
                    bound.repository_arn
                    for bound in (image, self.fetch_image)
                    if bound is not None and bound.repository_arn is not None
                }
            )
        )
        self.task_role = self._role("TaskRole", "What the workload may do")
        if isinstance(model, ModelArchive):
            self._read_archive(model)
        elif model is not None:
            self._read_model(model)

    @property
    def permissions(self) -> list[IDependable]:
        """What a service waits for: roles without their rights fail its first tasks."""
        policies = (
            role.node.try_find_child("DefaultPolicy")
            for role in (self.execution_role, self.task_role)
        )
        return [policy for policy in policies if policy is not None]

    def _role(self, construct_id: str, description: str) -> iam.Role:
        stack = Stack.of(self)
        return iam.Role(
            self,
            construct_id,
            description=description,
            # Only for tasks of this account and region:
            # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
            assumed_by=iam.ServicePrincipal(
                "ecs-tasks.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {
                        "aws:SourceArn": stack.format_arn(
                            service="ecs",
                            resource="*",
                            arn_format=ArnFormat.NO_RESOURCE_NAME,
                        )
                    },
                },
            ),
        )

    def _write_log(self) -> None:
        self.execution_role.add_to_policy(
            iam.PolicyStatement(
                sid="WriteLog",
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[self.log_group.log_group_arn],
            )
        )

    def _pull(self, repository_arns: Sequence[str]) -> None:
        if not repository_arns:
            return
        self.execution_role.add_to_policy(
            iam.PolicyStatement(
                sid="PullImage",
                actions=[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                ],
                resources=[*repository_arns],
            )
        )
        self.execution_role.add_to_policy(
            # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
            iam.PolicyStatement(
                sid="LogInToRegistry", actions=["ecr:GetAuthorizationToken"], resources=["*"]
            )
        )
        acknowledge(
            self.execution_role,
            {
                "AwsSolutions-IAM5[Resource::*]": "ecr:GetAuthorizationToken accepts no resource;"
                " what is pulled is held to the task's own images."
            },
        )

    def _read_archive(self, model: ModelArchive) -> None:
        archive = Stack.of(self).format_arn(
            service="s3", region="", account="", resource=model.bucket, resource_name=model.key
        )
        for sid, action, resource in (
            ("ReadModel", "s3:GetObject", archive),
            ("DecryptModel", "kms:Decrypt", model.key_arn),
        ):
            self.task_role.add_to_policy(
                iam.PolicyStatement(sid=sid, actions=[action], resources=[resource])
            )

    def _read_model(self, model: ModelSource) -> None:
        bucket = Stack.of(self).format_arn(
            service="s3", region="", account="", resource=model.bucket
        )
        objects = f"{bucket}/{model.prefix}*"
        self.task_role.add_to_policy(
            iam.PolicyStatement(sid="ReadModel", actions=["s3:GetObject"], resources=[objects])
        )
        self.task_role.add_to_policy(
            iam.PolicyStatement(
                sid="ListModel",
                actions=["s3:ListBucket"],
                resources=[bucket],
                conditions={"StringLike": {"s3:prefix": [f"{model.prefix}*"]}},
            )
        )
        if model.key_arn is not None:
            self.task_role.add_to_policy(
                iam.PolicyStatement(
                    sid="DecryptModel", actions=["kms:Decrypt"], resources=[model.key_arn]
                )
            )
        acknowledge(
            self.task_role,
            {
                wildcard_resource(self, objects): "A model is a folder of files, and the server"
                " finds a new version of it there without an update of the task."
            },
        )
