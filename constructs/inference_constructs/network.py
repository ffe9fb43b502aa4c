"""The platform's network: a VPC over two or more Availability Zones, without any look-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Fn, RemovalPolicy, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from .interface_endpoints import INTERFACE_ENDPOINTS
from .log_retention import retention
from .nag import acknowledge

SUBNET_TYPES = {
    "public": ec2.SubnetType.PUBLIC,
    "private": ec2.SubnetType.PRIVATE_WITH_EGRESS,
    "isolated": ec2.SubnetType.PRIVATE_ISOLATED,
}


@dataclass(frozen=True, kw_only=True)
class NetworkProps:
    """What the VPC looks like.

    ``subnets``: any of ``public``, ``private`` (reaches out through NAT) and ``isolated``.
    ``nat_gateways``: how many for the private subnets; fewer than zones means that zones share
    one, and lose their way out with its zone.
    ``interface_endpoints``: keys of ``INTERFACE_ENDPOINTS``; without any, AWS APIs are reached
    through NAT or not at all.
    ``flow_log_retention_days``: days that CloudWatch keeps the flow log; None keeps no log.
    ``s3_gateway_endpoint``: whether S3 is reached without NAT; it costs nothing.
    """

    cidr: str = "10.0.0.0/16"
    availability_zones: int = 2
    subnets: Sequence[str] = ("public", "private")
    nat_gateways: int = 1
    interface_endpoints: Sequence[str] = ()
    s3_gateway_endpoint: bool = True
    flow_log_retention_days: int | None = 30
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN

    def __post_init__(self) -> None:
        problems: list[str] = []
        if self.availability_zones < 2:
            problems.append(
                "availability_zones must be at least 2 (a SageMaker endpoint in a VPC needs two),"
                f" got {self.availability_zones}"
            )
        for name in self.subnets:
            if name not in SUBNET_TYPES:
                problems.append(f"subnets may hold {', '.join(SUBNET_TYPES)}, got {name!r}")
        if not self.subnets or len(set(self.subnets)) != len(self.subnets):
            problems.append(
                f"subnets must name at least one kind, each once, got {[*self.subnets]}"
            )
        if self.nat_gateways < 0 or self.nat_gateways > self.availability_zones:
            problems.append(
                f"nat_gateways must be 0 to {self.availability_zones} (one a zone at most),"
                f" got {self.nat_gateways}"
            )
        if "private" in self.subnets and (self.nat_gateways == 0 or "public" not in self.subnets):
            problems.append(
                "private subnets need nat_gateways of at least 1 and public subnets to hold them,"
                f" got nat_gateways {self.nat_gateways} and subnets {[*self.subnets]}"
                " (did you mean 'isolated'?)"
            )
        for name in self.interface_endpoints:
            if name not in INTERFACE_ENDPOINTS:
                problems.append(
                    f"interface_endpoints may hold {', '.join(INTERFACE_ENDPOINTS)}, got {name!r}"
                )
        if problems:
            raise ValueError("invalid NetworkProps: " + "; ".join(problems))


class Network(Construct):
    """A VPC with flow logs, the S3 gateway endpoint and the interface endpoints asked for."""

    def __init__(self, scope: Construct, construct_id: str, props: NetworkProps) -> None:
        super().__init__(scope, construct_id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(props.cidr),
            availability_zones=[
                Fn.select(index, Fn.get_azs()) for index in range(props.availability_zones)
            ],
            nat_gateways=props.nat_gateways if "private" in props.subnets else 0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name=name.capitalize(),
                    subnet_type=SUBNET_TYPES[name],
                    map_public_ip_on_launch=False if name == "public" else None,
                )
                for name in props.subnets
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)
            }
            if props.s3_gateway_endpoint
            else None,
            # Emptying the default group costs a custom resource that may change any rule of it,
            # and nothing here is ever attached to that group.
            restrict_default_security_group=False,
        )
        if props.flow_log_retention_days is None:
            acknowledge(
                self.vpc,
                {"AwsSolutions-VPC7": "Flow logs are switched off for this platform on purpose."},
            )
        else:
            self._log_flows(props.flow_log_retention_days, props.removal_policy)
        self.interface_endpoints = self._add_interface_endpoints(props)

    def _log_flows(self, days: int, removal_policy: RemovalPolicy) -> None:
        # Flow logs hold addresses and byte counts, no payload: the service's own encryption at
        # rest does, and a key of ours would lock them with the key.
        log_group = logs.LogGroup(
            self,
            "FlowLogGroup",
            retention=retention(days),
            removal_policy=removal_policy,
        )
        role = iam.Role(
            self,
            "FlowLogRole",
            assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"),
            description="Lets the VPC write its flow log",
        )
        self.vpc.add_flow_log(
            "FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(log_group, role)
        )

    def _add_interface_endpoints(self, props: NetworkProps) -> dict[str, ec2.InterfaceVpcEndpoint]:
        if not props.interface_endpoints:
            return {}
        security_group = ec2.SecurityGroup(
            self,
            "InterfaceEndpoints",
            vpc=self.vpc,
            description="HTTPS from inside the VPC to the interface endpoints",
            allow_all_outbound=False,
        )
        security_group.add_ingress_rule(
            ec2.Peer.ipv4(props.cidr), ec2.Port.tcp(443), "HTTPS from the VPC"
        )
        endpoints: dict[str, ec2.InterfaceVpcEndpoint] = {}
        for name in props.interface_endpoints:
            endpoint = self.vpc.add_interface_endpoint(
                "".join(part.capitalize() for part in name.replace("-", ".").split(".")),
                service=INTERFACE_ENDPOINTS[name],
                open=False,
                security_groups=[security_group],
                subnets=self._endpoint_subnets(),
            )
            Tags.of(endpoint).add("Name", f"{self.node.path}/{name}")
            endpoints[name] = endpoint
        return endpoints

    def _endpoint_subnets(self) -> ec2.SubnetSelection:
        for subnets, kind in (
            (self.vpc.private_subnets, ec2.SubnetType.PRIVATE_WITH_EGRESS),
            (self.vpc.isolated_subnets, ec2.SubnetType.PRIVATE_ISOLATED),
        ):
            if subnets:
                return ec2.SubnetSelection(subnet_type=kind)
        return ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
