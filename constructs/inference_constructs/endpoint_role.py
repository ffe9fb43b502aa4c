"""The execution role of a multi-model endpoint: its prefix, its image, its log, its interfaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from .nag import acknowledge, wildcard_resource
from .triton_image import ImageConfig, grant_pull

_ANY = "AwsSolutions-IAM5[Resource::*]"
ENDPOINT_LOGS = "/aws/sagemaker/Endpoints/"
"""What SageMaker puts in front of an endpoint's name to name its log group."""


@dataclass(frozen=True, kw_only=True)
class ModelData:
    """Where an endpoint finds its models: archives below ``prefix`` (ending in ``/``)."""

    bucket: s3.IBucket
    prefix: str
    key: kms.IKey

    @property
    def url(self) -> str:
        """The S3 URL that SageMaker puts in front of every ``TargetModel``."""
        return self.bucket.s3_url_for_object(self.prefix)


class EndpointRole(Construct):
    """What SageMaker and the container may do in the endpoint's name, and no more."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        model_data: ModelData,
        image: ImageConfig,
        subnets: Sequence[ec2.ISubnet],
        security_group: ec2.ISecurityGroup,
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Resource",
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            description=f"Execution role of the SageMaker endpoint {endpoint_name}",
        )
        self._read_models(model_data)
        self._write_logs_and_metrics(endpoint_name)
        self._attach_to_vpc(subnets, security_group)
        grant_pull(self.role, image)
        acknowledge(
            self.role,
            {
                _ANY: "ecr:GetAuthorizationToken, ec2:Describe* by name, and"
                " cloudwatch:PutMetricData accept no resource; the last is held to one namespace."
            },
        )

    def _read_models(self, model_data: ModelData) -> None:
        bucket = model_data.bucket
        self.role.add_to_policy(
            iam.PolicyStatement(
                sid="ReadModels",
                actions=["s3:GetObject"],
                resources=[bucket.arn_for_objects(f"{model_data.prefix}*")],
            )
        )
        self.role.add_to_policy(
            # Without it a TargetModel that is not there is "forbidden" instead of "not found": S3
            # asks for this right, with the key as prefix, before it tells.
            iam.PolicyStatement(
                sid="ListModels",
                actions=["s3:ListBucket"],
                resources=[bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": [f"{model_data.prefix}*"]}},
            )
        )
        model_data.key.grant(self.role, "kms:Decrypt")
        owner = Stack.of(bucket)
        arn = (
            bucket.bucket_arn
            if owner is Stack.of(self)
            else str(owner.export_value(bucket.bucket_arn))
        )
        acknowledge(
            self.role,
            {
                wildcard_resource(self, f"{arn}/{model_data.prefix}*"): "A multi-model endpoint"
                " loads any archive below its prefix, and new ones come without an update."
            },
        )

    def _write_logs_and_metrics(self, endpoint_name: str) -> None:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createmodel-perms
        log_group = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"{ENDPOINT_LOGS}{endpoint_name}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        self.role.add_to_policy(
            iam.PolicyStatement(
                sid="WriteLogs",
                actions=[
                    "logs:CreateLogGroup",
                    "logs:CreateLogStream",
                    "logs:DescribeLogStreams",
                    "logs:PutLogEvents",
                ],
                # Two, since one pattern for both would hold for endpoints of a longer name as well.
                resources=[log_group, f"{log_group}:*"],
            )
        )
        self.role.add_to_policy(
            iam.PolicyStatement(
                sid="PublishInstanceMetrics",
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/Endpoints"}},
            )
        )
        acknowledge(
            self.role,
            {
                wildcard_resource(
                    self, f"{log_group}:*"
                ): "Log streams are named by SageMaker, one for"
                " each instance, inside this endpoint's log group."
            },
        )

    def _attach_to_vpc(
        self, subnets: Sequence[ec2.ISubnet], security_group: ec2.ISecurityGroup
    ) -> None:
        stack = Stack.of(self)

        def ec2_arn(resource: str, name: str) -> str:
            return stack.format_arn(service="ec2", resource=resource, resource_name=name)

        interfaces = ec2_arn("network-interface", "*")
        self.role.add_to_policy(
            iam.PolicyStatement(
                sid="CreateInterfaces",
                actions=["ec2:CreateNetworkInterface"],
                resources=[
                    interfaces,
                    ec2_arn("security-group", security_group.security_group_id),
                    *(ec2_arn("subnet", subnet.subnet_id) for subnet in subnets),
                ],
            )
        )
        self.role.add_to_policy(
            iam.PolicyStatement(
                sid="ManageInterfaces",
                actions=[
                    "ec2:CreateNetworkInterfacePermission",
                    "ec2:DeleteNetworkInterface",
                    "ec2:DeleteNetworkInterfacePermission",
                ],
                resources=[interfaces],
            )
        )
        self.role.add_to_policy(
            # None of EC2's Describe actions takes a resource:
            # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
            iam.PolicyStatement(
                sid="DescribeNetwork",
                actions=[
                    "ec2:DescribeDhcpOptions",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSecurityGroups",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeVpcs",
                ],
                resources=["*"],
            )
        )
        acknowledge(
            self.role,
            {
                wildcard_resource(self, interfaces): "SageMaker names the interfaces that it"
                " creates; they can only join this platform's subnets and security group."
            },
        )
