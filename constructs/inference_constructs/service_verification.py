"""``Custom::ServiceVerification``: a deployment whose ECS services answer wrong or late fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import CustomResource, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from endpoint_verification import contract
from model_folders import GoldenSources

from .nag import acknowledge, wildcard_resource
from .provider_framework import LONGEST_TOTAL_TIMEOUT_SECONDS, ProviderFramework
from .verification_functions import (
    LOG_RETENTION,
    golden_assets,
    grant_goldens,
    verification_function,
    verification_role,
)

_QUERY_INTERVAL_SECONDS = 10
# ECS calls a deployment complete when the load balancer finds its tasks healthy, so that
# what is left is a model that loads after its server.
_TIMEOUT_MINUTES = 20
_ANY = "AwsSolutions-IAM5[Resource::*]"


@dataclass(frozen=True, kw_only=True)
class VerifiedService:
    """``url``: of the published port, with scheme and without path.

    ``services`` and ``revisions``: the ECS services of all slots and their task definitions.
    """

    url: str
    load_balancer: ec2.ISecurityGroup
    services: Sequence[ecs.CfnService]
    revisions: Sequence[str]


class ServiceVerification(Construct):
    """Asks each service at its load balancer after its tasks were replaced.

    The function that asks sits in the VPC; the one that begins does not, since it looks at its own
    stack. Nothing is kept between calls: a cluster has few services.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        services: Mapping[str, VerifiedService],
        sources: GoldenSources,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        goldens, pack = golden_assets(self, sources)
        log_group = logs.LogGroup(
            self, "Log", retention=LOG_RETENTION, removal_policy=removal_policy
        )
        role = self._role(log_group, source_bucket=goldens.bucket_name)
        on_event = verification_function(
            self,
            "OnEvent",
            resource_type=contract.SERVICE_RESOURCE_TYPE,
            handler=contract.SERVICE_ON_EVENT,
            role=role,
            log_group=log_group,
        )
        is_complete = verification_function(
            self,
            "IsComplete",
            resource_type=contract.SERVICE_RESOURCE_TYPE,
            handler=contract.SERVICE_IS_COMPLETE,
            role=role,
            log_group=log_group,
            vpc=vpc,
            subnets=subnets,
            security_groups=[self._security_group(vpc, services)],
        )
        provider = ProviderFramework(
            self,
            "Framework",
            on_event=on_event,
            is_complete=is_complete,
            query_interval_seconds=_QUERY_INTERVAL_SECONDS,
            total_timeout_seconds=LONGEST_TOTAL_TIMEOUT_SECONDS,
            log_retention=LOG_RETENTION,
            removal_policy=removal_policy,
        )
        places = {
            name: contract.ServicePlace(url=service.url, revision=" ".join(service.revisions))
            for name, service in services.items()
        }
        resource = CustomResource(
            self,
            "Resource",
            resource_type=contract.SERVICE_RESOURCE_TYPE,
            service_token=provider.service_token,
            properties={
                "Services": Stack.of(self).to_json_string(places),
                "SourceBucket": goldens.bucket_name,
                "GoldensKey": goldens.object_key,
                "GoldensDigest": sources.goldens_digest,
                "GoldenPackKey": pack.object_key,
                "TimeoutMinutes": str(_TIMEOUT_MINUTES),
            },
        )
        for service in services.values():
            resource.node.add_dependency(*service.services)

    def _security_group(
        self, vpc: ec2.IVpc, services: Mapping[str, VerifiedService]
    ) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="Verification: to the load balancers and S3, nothing in",
            allow_all_outbound=False,
        )
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS to S3")
        for service in services.values():
            # It listens where its listeners do, and nowhere else.
            group.connections.allow_to(service.load_balancer, ec2.Port.all_tcp(), "Golden requests")
        return group

    def _role(self, log_group: logs.ILogGroup, *, source_bucket: str) -> iam.Role:
        role = verification_role(
            self, "Role", description="Lets the verification ask the services of the cluster"
        )
        log_group.grant_write(role)
        grant_goldens(role, source_bucket)
        # as narrow as Lambda takes it:
        # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
        any_resource = Stack.of(self).format_arn(service="ec2", resource="*", resource_name="*")
        for statement in (
            iam.PolicyStatement(
                sid="SitInTheVpc",
                actions=[
                    "ec2:AssignPrivateIpAddresses",
                    "ec2:CreateNetworkInterface",
                    "ec2:DeleteNetworkInterface",
                    "ec2:UnassignPrivateIpAddresses",
                ],
                resources=[any_resource],
            ),
            iam.PolicyStatement(
                sid="FindItsInterfaces",
                actions=["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
                resources=["*"],
            ),
        ):
            role.add_to_policy(statement)
        acknowledge(
            role,
            {
                wildcard_resource(
                    role, any_resource
                ): "Lambda makes the function's interfaces with this role, and refuses a function"
                " whose role may not do so on every resource of the region.",
                _ANY: "None of EC2's Describe actions takes a resource.",
            },
        )
        return role
