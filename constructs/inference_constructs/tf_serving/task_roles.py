"""What the servers may do, and what the agent may do to start them."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, CfnResource, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from inference_constructs.ecs.workload_image import BoundImage
from inference_constructs.nag import acknowledge, wildcard_resource

from .accelerator import Accelerator
from .served_model import ServedModel

# The article's, which it calls of use for finding errors and not for production.
_TROUBLESHOOTING = ("ec2:Describe*", "ec2:Get*", "iam:Get*", "iam:List*")


class TaskRoles(Construct):
    """``task_role`` reads one model, and connects to an accelerator where there is a service."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        accelerator: Accelerator,
        model: ServedModel,
        images: Sequence[BoundImage],
        log_group: logs.ILogGroup,
        troubleshooting: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self.execution_role = self._role("ExecutionRole", "Pulls the images and writes the log")
        self.task_role = self._role("TaskRole", "What the model servers may do")
        self.policies = [
            self._pull_and_log(images, log_group),
            self._read_model(model),
        ]
        if accelerator.connects:
            self.policies.append(self._connect())
            if troubleshooting:
                self.policies.append(self._troubleshoot())

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

    def _pull_and_log(self, images: Sequence[BoundImage], log_group: logs.ILogGroup) -> iam.Policy:
        statements = [
            iam.PolicyStatement(
                sid="WriteLog",
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[log_group.log_group_arn],
            )
        ]
        repositories = [image.repository_arn for image in images if image.repository_arn]
        if repositories:
            statements += [
                iam.PolicyStatement(
                    sid="PullImages",
                    actions=[
                        "ecr:BatchCheckLayerAvailability",
                        "ecr:BatchGetImage",
                        "ecr:GetDownloadUrlForLayer",
                    ],
                    resources=[*dict.fromkeys(repositories)],
                ),
                # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
                iam.PolicyStatement(
                    sid="LogInToRegistry", actions=["ecr:GetAuthorizationToken"], resources=["*"]
                ),
            ]
        policy = self._policy("Start", self.execution_role, statements)
        if repositories:
            acknowledge(
                policy,
                {
                    "AwsSolutions-IAM5[Resource::*]": "ecr:GetAuthorizationToken accepts no"
                    " resource; what is pulled is held to the servers' repositories."
                },
            )
        return policy

    def _read_model(self, model: ServedModel) -> iam.Policy:
        policy = self._policy("ReadModel", self.task_role, model.statements(self))
        folders = [arn for arn in model.readable(self) if arn.endswith("*")]
        acknowledge(
            policy,
            {
                wildcard_resource(self, arn): "The model is a folder, whose files nobody knows"
                " before it is read; nothing else is below it."
                for arn in folders
            },
        )
        return policy

    def _connect(self) -> iam.Policy:
        policy = self._policy(
            "Connect",
            self.task_role,
            [
                iam.PolicyStatement(
                    sid="ConnectToAccelerator",
                    actions=["elastic-inference:Connect"],
                    resources=["*"],
                )
            ],
        )
        resource = policy.node.default_child
        assert isinstance(resource, CfnResource)
        # Its list of services is today's, which this one has left.
        resource.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3037"]}})
        acknowledge(
            policy,
            {
                "AwsSolutions-IAM5[Resource::*]": "EC2 names the accelerator when it attaches it to"
                " the instance and CloudFormation returns no name; AWS documented the action with"
                " every resource only."
            },
        )
        return policy

    def _troubleshoot(self) -> iam.Policy:
        policy = self._policy(
            "Troubleshoot",
            self.task_role,
            [iam.PolicyStatement(sid="Troubleshoot", actions=[*_TROUBLESHOOTING], resources=["*"])],
        )
        why = (
            "The article's actions for finding errors, which read only; the platform file asks for"
            " them with troubleshooting and loses them without it."
        )
        acknowledge(
            policy,
            {
                "AwsSolutions-IAM5[Resource::*]": why,
                **{f"AwsSolutions-IAM5[Action::{action}]": why for action in _TROUBLESHOOTING},
            },
        )
        return policy

    def _policy(
        self, construct_id: str, role: iam.Role, statements: Sequence[iam.PolicyStatement]
    ) -> iam.Policy:
        return iam.Policy(self, construct_id, roles=[role], statements=[*statements])
