"""The instance that measures: it alone reaches the servers, and nobody reaches it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import IgnoreMode, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from inference_constructs.nag import acknowledge, wildcard_resource

from .client_script import ClientScriptProps, client_script
from .instance import PrivateInstanceProps, private_instance
from .machine_image import DEEP_LEARNING_AMI, image_id
from .sessions import allow_sessions

REPORTS = "reports/"


@dataclass(frozen=True, kw_only=True)
class ClientHostProps:
    """``repository``: its root, where the load client's packages are.

    ``image``: an AMI id or an SSM parameter; the Deep Learning AMI without it.
    """

    instance_type: str
    root_volume_gib: int
    image: str | None
    vpc: ec2.IVpc
    subnet: ec2.ISubnet
    bucket: s3.Bucket
    log_group: logs.LogGroup
    repository: Path
    script: Callable[[Sequence[str]], ClientScriptProps]


class ClientHost(Construct):
    """The load client comes as archives and not as a container: nothing is built where the CLI
    runs, and the same bytes deploy to the embedded AWS, which has no Docker.
    """

    def __init__(self, scope: Construct, construct_id: str, props: ClientHostProps) -> None:
        super().__init__(scope, construct_id)
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=props.vpc,
            description="Load client: HTTPS and the model servers out, nothing in",
            allow_all_outbound=False,
        )
        self.security_group.add_egress_rule(
            ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS to S3, CloudWatch and Python's packages"
        )
        role = iam.Role(
            self,
            "Role",
            # China knows EC2 by a principal that ends in .com.cn, other services not:
            # https://github.com/kubernetes/kops/issues/27
            assumed_by=iam.ServicePrincipal(f"ec2.{Stack.of(self).url_suffix}"),
            description="Measures the model servers and ships what it found",
        )
        packages = self._packages(props.repository)
        self.instance = private_instance(
            self,
            "Instance",
            PrivateInstanceProps(
                name=self.node.path,
                instance_type=props.instance_type,
                image_id=image_id(self, "Image", props.image or DEEP_LEARNING_AMI),
                subnet=props.subnet,
                root_volume_gib=props.root_volume_gib,
                security_group=self.security_group,
                role=role,
                policies=[
                    allow_sessions(self, "Sessions", role),
                    self._ship(role, packages, props),
                ],
                user_data=client_script(
                    props.script([package.s3_object_url for package in packages])
                ),
            ),
        )

    def _packages(self, repository: Path) -> Sequence[s3_assets.Asset]:
        return [
            s3_assets.Asset(
                self,
                construct_id,
                path=str(repository / folder),
                exclude=["/*", *(f"!/{name}" for name in names), "__pycache__", ".*"],
                ignore_mode=IgnoreMode.GIT,
            )
            for construct_id, folder, names in (
                ("LoadClient", "container/load_client", ("load_client", "requirements.txt")),
                ("ModelArtifacts", "lambda", ("model_artifacts",)),
            )
        ]

    def _ship(
        self, role: iam.Role, packages: Sequence[s3_assets.Asset], props: ClientHostProps
    ) -> iam.Policy:
        reports = props.bucket.arn_for_objects(f"{REPORTS}*")
        policy = iam.Policy(
            self,
            "Ship",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    sid="FetchClient",
                    actions=["s3:GetObject"],
                    resources=[
                        package.bucket.arn_for_objects(package.s3_object_key)
                        for package in packages
                    ],
                ),
                iam.PolicyStatement(
                    sid="ShipReports", actions=["s3:PutObject"], resources=[reports]
                ),
                iam.PolicyStatement(
                    sid="ShipLog",
                    actions=[
                        "logs:CreateLogStream",
                        "logs:DescribeLogStreams",
                        "logs:PutLogEvents",
                    ],
                    resources=[props.log_group.log_group_arn],
                ),
            ],
        )
        acknowledge(
            policy,
            {
                wildcard_resource(self, reports): "A report is named by the second in which it was"
                " made; the client writes below this one folder and reads nothing."
            },
        )
        return policy
