"""What an application and a network load balancer before a service have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct, IDependable

from inference_constructs.nag import acknowledge

from .load_balancer_log import access_log_bucket
from .load_balancer_props import LoadBalancerProps
from .packing import NetworkMode
from .task_container import CONTAINER_NAME
from .workload_port import WorkloadPort

# What Docker and ECS pick dynamic host ports out of:
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
_DYNAMIC_PORTS = ec2.Port.tcp_range(32768, 65535)
_ANYONE = "0.0.0.0/0"
TargetGroup = elbv2.ApplicationTargetGroup | elbv2.NetworkTargetGroup
CHECK_INTERVAL = cdk.Duration.seconds(15)
CHECK_TIMEOUT = cdk.Duration.seconds(5)
HEALTHY_CHECKS = 2
UNHEALTHY_CHECKS = 3
CHECK_PORT = "traffic-port"
"""The port of the task itself, which in bridge mode nobody knows before."""


@dataclass(frozen=True, kw_only=True)
class Backend:
    """The tasks behind a load balancer.

    ``security_group``: that of the hosts, or of the tasks where they have interfaces.
    ``drain``: how long a task that leaves may finish its requests.
    """

    vpc: ec2.IVpc
    security_group: ec2.ISecurityGroup
    ports: Sequence[WorkloadPort]
    network_mode: NetworkMode
    drain: cdk.Duration
    two_sets: bool = False
    """Whether updates start a second set of tasks, which the same port reaches by weight."""

    @property
    def target_type(self) -> elbv2.TargetType:
        """Tasks are registered by host and port, or by their own address."""
        if self.network_mode is NetworkMode.AWSVPC:
            return elbv2.TargetType.IP
        return elbv2.TargetType.INSTANCE

    @property
    def reached_on(self) -> list[ec2.Port]:
        """Ports that the load balancer connects to."""
        if self.network_mode is NetworkMode.BRIDGE:
            return [_DYNAMIC_PORTS]
        return [ec2.Port.tcp(port.port) for port in self.ports]


def inner_subnets(vpc: ec2.IVpc) -> ec2.SubnetSelection:
    """The subnets that nothing outside reaches, with a way out where there are such."""
    return ec2.SubnetSelection(
        subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS
        if vpc.private_subnets
        else ec2.SubnetType.PRIVATE_ISOLATED
    )


class ServiceLoadBalancer(Construct):
    """Security group, access log, and what a service needs to register its tasks.

    ``listening``: what a service waits for, since ECS refuses a target group that no listener uses.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        props: LoadBalancerProps,
        *,
        backend: Backend,
        listens_on: Sequence[int],
    ) -> None:
        super().__init__(scope, construct_id)
        self.props = props
        self.backend = backend
        self.targets: list[ecs.CfnService.LoadBalancerProperty] = []
        self.target_groups: list[TargetGroup] = []
        self.listening: list[IDependable] = []
        self.security_group = self._security_group(listens_on)

    @property
    @abstractmethod
    def dns_name(self) -> str:
        """The load balancer's own name."""

    @property
    @abstractmethod
    def full_name(self) -> str:
        """As CloudWatch names it: ``app/name/id`` or ``net/name/id``."""

    @property
    @abstractmethod
    def urls(self) -> Mapping[str, str]:
        """Where each published port is reached, by name; gRPC without a scheme."""

    @property
    def url(self) -> str:
        """Where REST is reached, or gRPC where that is all there is."""
        urls = list(self.urls.values())
        return next((url for url in urls if "://" in url), urls[0])

    def _subnets(self) -> ec2.SubnetSelection:
        if self.props.public:
            return ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
        return inner_subnets(self.backend.vpc)

    def _register(self, group: TargetGroup, port: WorkloadPort) -> None:
        self.target_groups.append(group)
        self.targets.append(
            ecs.CfnService.LoadBalancerProperty(
                container_name=CONTAINER_NAME,
                container_port=port.port,
                target_group_arn=group.target_group_arn,
            )
        )

    def _keep_access_log(
        self,
        load_balancer: elbv2.ApplicationLoadBalancer | elbv2.NetworkLoadBalancer,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        bucket = access_log_bucket(self, removal_policy)
        if bucket is None:
            acknowledge(
                load_balancer,
                {
                    "AwsSolutions-ELB2": "This cluster is made to be destroyed whole. An access log"
                    " would fill a bucket that CloudFormation cannot delete; clusters that retain"
                    " their data keep one."
                },
            )
        else:
            load_balancer.log_access_logs(bucket)

    def _security_group(self, listens_on: Sequence[int]) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=self.backend.vpc,
            description="Load balancer: clients in, tasks out",
            allow_all_outbound=False,
        )
        clients = self.props.clients
        if clients is None:
            clients = [_ANYONE if self.props.public else self.backend.vpc.vpc_cidr_block]
            acknowledge(
                group,
                {
                    "AwsSolutions-EC23": "The load balancer is public by choice, and encrypted."
                    if self.props.public
                    else "Only addresses of the VPC come in; the rule cannot read its CIDR block."
                },
            )
        for port in listens_on:
            for cidr in clients:
                group.add_ingress_rule(ec2.Peer.ipv4(cidr), ec2.Port.tcp(port), "Clients")
        for range_ in self.backend.reached_on:
            group.connections.allow_to(
                self.backend.security_group, range_, "Requests and health checks"
            )
        return group
