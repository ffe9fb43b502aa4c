"""A network load balancer before a service: a listener for each port."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import RemovalPolicy
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from .load_balancer import (
    CHECK_INTERVAL,
    CHECK_PORT,
    CHECK_TIMEOUT,
    HEALTHY_CHECKS,
    UNHEALTHY_CHECKS,
    Backend,
    ServiceLoadBalancer,
)
from .load_balancer_props import LoadBalancerProps
from .workload_port import PortProtocol, WorkloadPort


class NetworkServiceLoadBalancer(ServiceLoadBalancer):
    """TLS with a certificate, TCP without; each port is reached under its own number.

    A connection stays with the task that it was given to. A gRPC channel is one connection for
    hours, so that a handful of clients load a handful of tasks: clients open several channels and
    take them in turn, or one goes to an application load balancer instead.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        props: LoadBalancerProps,
        *,
        backend: Backend,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            props,
            backend=backend,
            listens_on=[port.port for port in backend.ports],
        )
        self._load_balancer = elbv2.NetworkLoadBalancer(
            self,
            "Resource",
            vpc=backend.vpc,
            vpc_subnets=self._subnets(),
            internet_facing=props.public,
            security_groups=[self.security_group],
            # A zone without a task would get connections and refuse them.
            cross_zone_enabled=True,
        )
        self._keep_access_log(self._load_balancer, removal_policy)
        for port in backend.ports:
            self._listen(port)

    @property
    def dns_name(self) -> str:
        """The load balancer's own name."""
        return self._load_balancer.load_balancer_dns_name

    @property
    def full_name(self) -> str:
        """As CloudWatch names it."""
        return self._load_balancer.load_balancer_full_name

    @property
    def urls(self) -> Mapping[str, str]:
        """``http://name:8501`` for REST, ``name:8500`` for gRPC."""
        scheme = "http" if self.props.certificate_arn is None else "https"
        return {
            port.name: f"{self.dns_name}:{port.port}"
            if port.protocol is PortProtocol.GRPC
            else f"{scheme}://{self.dns_name}:{port.port}"
            for port in self.backend.ports
        }

    def _listen(self, port: WorkloadPort) -> None:
        certificate_arn = self.props.certificate_arn
        encrypted = certificate_arn is not None
        grpc = port.protocol is PortProtocol.GRPC
        listener = elbv2.NetworkListener(
            self,
            f"Listener{port.port}",
            load_balancer=self._load_balancer,
            port=port.port,
            protocol=elbv2.Protocol.TLS if encrypted else elbv2.Protocol.TCP,
            certificates=[elbv2.ListenerCertificate.from_arn(certificate_arn)]
            if certificate_arn is not None
            else None,
            ssl_policy=elbv2.SslPolicy.RECOMMENDED_TLS if encrypted else None,
            # gRPC clients ask for HTTP/2 in the handshake and give up where nobody answers.
            alpn_policy=elbv2.AlpnPolicy.HTTP2_ONLY if encrypted and grpc else None,
            default_target_groups=[self._target_group(port)],
        )
        self.listening.append(listener)

    def _target_group(self, port: WorkloadPort) -> elbv2.NetworkTargetGroup:
        grpc = port.protocol is PortProtocol.GRPC
        group = elbv2.NetworkTargetGroup(
            self,
            f"Targets{port.port}",
            vpc=self.backend.vpc,
            port=port.port,
            protocol=elbv2.Protocol.TCP,
            target_type=self.backend.target_type,
            deregistration_delay=self.backend.drain,
            # An open channel would follow its task into the grave.
            connection_termination=True,
            # A client on the host of a task could not reach it under its own address.
            # https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-troubleshooting.html
            preserve_client_ip=False,
            health_check=elbv2.HealthCheck(
                # It cannot ask in gRPC; that the port is open is all it sees.
                protocol=elbv2.Protocol.TCP if grpc else elbv2.Protocol.HTTP,
                path=None if grpc else port.resolved_health_path,
                healthy_http_codes=None if grpc else port.resolved_healthy_codes,
                port=CHECK_PORT,
                interval=CHECK_INTERVAL,
                timeout=CHECK_TIMEOUT,
                healthy_threshold_count=HEALTHY_CHECKS,
                unhealthy_threshold_count=UNHEALTHY_CHECKS,
            ),
        )
        self._register(group, port)
        return group
