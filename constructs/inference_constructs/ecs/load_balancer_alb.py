"""An application load balancer before a service: REST and gRPC behind one listener."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
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
from .service_rollout import shifting_role
from .task_container import CONTAINER_NAME
from .workload_port import PortProtocol, WorkloadPort

HTTP_PORT = 80
HTTPS_PORT = 443
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
_MOST_PATHS = 5


class ApplicationServiceLoadBalancer(ServiceLoadBalancer):
    """HTTPS on 443 with a certificate, HTTP on 80 without.

    With both protocols published, gRPC is told by the names of its services and everything else is
    REST.
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
        encrypted = props.certificate_arn is not None
        listens_on = HTTPS_PORT if encrypted else HTTP_PORT
        super().__init__(scope, construct_id, props, backend=backend, listens_on=[listens_on])
        self._load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "Resource",
            vpc=backend.vpc,
            vpc_subnets=self._subnets(),
            internet_facing=props.public,
            security_group=self.security_group,
            drop_invalid_header_fields=True,
        )
        self._keep_access_log(self._load_balancer, removal_policy)
        groups = {port.protocol: self._target_group(port) for port in backend.ports}
        self._groups = {port.name: groups[port.protocol] for port in backend.ports}
        rest = groups.get(PortProtocol.HTTP)
        grpc = groups.get(PortProtocol.GRPC)
        self._listener = self._load_balancer.add_listener(
            "Listener",
            open=False,
            port=listens_on,
            protocol=elbv2.ApplicationProtocol.HTTPS
            if encrypted
            else elbv2.ApplicationProtocol.HTTP,
            certificates=[elbv2.ListenerCertificate.from_arn(props.certificate_arn)]
            if props.certificate_arn is not None
            else None,
            ssl_policy=elbv2.SslPolicy.RECOMMENDED_TLS if encrypted else None,
            default_target_groups=[group for group in (rest or grpc,) if group is not None],
        )
        self.listening.append(self._listener)
        if rest is not None and grpc is not None:
            self.listening.append(self._route_grpc(grpc))
        self.alternate: elbv2.ApplicationTargetGroup | None = None
        if backend.two_sets:
            self.alternate = self._add_second_set(backend.ports[0])

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
        """``https://name`` for REST, ``name:443`` for gRPC."""
        scheme = "http" if self.props.certificate_arn is None else "https"
        return {
            port.name: f"{self.dns_name}:{HTTPS_PORT}"
            if port.protocol is PortProtocol.GRPC
            else f"{scheme}://{self.dns_name}"
            for port in self.backend.ports
        }

    def request_label(self, port: str | None) -> str:
        """How CloudWatch tells the requests to one port's tasks apart; without a port, the first
        one published.
        """
        group = self._groups[self.backend.ports[0].name if port is None else port]
        return f"{group.first_load_balancer_full_name}/{group.target_group_full_name}"

    def _add_second_set(self, port: WorkloadPort) -> elbv2.ApplicationTargetGroup:
        """A target group for the tasks of a new version, and the rule whose weights ECS changes.

        A template with other actions of the rule would set the weights back to the first group,
        wherever ECS has left them: https://github.com/aws/aws-cdk/issues/36649
        """
        (first,) = self.target_groups
        second = self._target_group(port, second=True)
        # watched like the first, which has no tasks after every other update
        self.target_groups.append(second)
        rule = elbv2.CfnListenerRule(
            self,
            "ProductionRule",
            listener_arn=self._listener.listener_arn,
            priority=1,
            conditions=[
                elbv2.CfnListenerRule.RuleConditionProperty(
                    field="path-pattern",
                    path_pattern_config=elbv2.CfnListenerRule.PathPatternConfigProperty(
                        values=["/*"]
                    ),
                )
            ],
            actions=[
                elbv2.CfnListenerRule.ActionProperty(
                    type="forward",
                    forward_config=elbv2.CfnListenerRule.ForwardConfigProperty(
                        target_groups=[
                            elbv2.CfnListenerRule.TargetGroupTupleProperty(
                                target_group_arn=group.target_group_arn, weight=weight
                            )
                            for group, weight in ((first, 100), (second, 0))
                        ]
                    ),
                )
            ],
        )
        groups = [first.target_group_arn, second.target_group_arn]
        role = shifting_role(
            self, target_groups=groups, rule=rule.ref, listener=self._listener.listener_arn
        )
        self.targets = [
            ecs.CfnService.LoadBalancerProperty(
                container_name=CONTAINER_NAME,
                container_port=port.port,
                target_group_arn=first.target_group_arn,
                advanced_configuration=ecs.CfnService.AdvancedConfigurationProperty(
                    alternate_target_group_arn=second.target_group_arn,
                    production_listener_rule=rule.ref,
                    role_arn=role.role_arn,
                ),
            )
        ]
        # The service refers to the rule and the role; what the role may do it does not.
        self.listening = [role.node.find_child("DefaultPolicy")]
        return second

    def error_percent(self) -> cloudwatch.IMetric:
        """Requests to either set of tasks that were answered with 5xx, percent of a minute's."""
        arn = self._load_balancer.metrics
        return cloudwatch.MathExpression(
            expression="100 * errors / requests",
            label="Requests answered with 5xx",
            period=Duration.minutes(1),
            using_metrics={
                "errors": arn.http_code_target(
                    elbv2.HttpCodeTarget.TARGET_5XX_COUNT, period=Duration.minutes(1)
                ),
                "requests": arn.request_count(period=Duration.minutes(1)),
            },
        )

    def _target_group(
        self, port: WorkloadPort, *, second: bool = False
    ) -> elbv2.ApplicationTargetGroup:
        grpc = port.protocol is PortProtocol.GRPC
        group = elbv2.ApplicationTargetGroup(
            self,
            f"{'Second' if second else ''}{port.protocol.value.capitalize()}Targets",
            vpc=self.backend.vpc,
            # ECS registers each task with the port that it has on its host.
            port=port.port,
            protocol=elbv2.ApplicationProtocol.HTTP,
            protocol_version=elbv2.ApplicationProtocolVersion.GRPC
            if grpc
            else elbv2.ApplicationProtocolVersion.HTTP1,
            target_type=self.backend.target_type,
            deregistration_delay=self.backend.drain,
            # Requests to a model differ in length; in turn, a slow one piles up others behind it.
            load_balancing_algorithm_type=(
                elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS
            ),
            health_check=elbv2.HealthCheck(
                path=port.resolved_health_path,
                healthy_grpc_codes=port.resolved_healthy_codes if grpc else None,
                healthy_http_codes=None if grpc else port.resolved_healthy_codes,
                port=CHECK_PORT,
                interval=CHECK_INTERVAL,
                timeout=CHECK_TIMEOUT,
                healthy_threshold_count=HEALTHY_CHECKS,
                unhealthy_threshold_count=UNHEALTHY_CHECKS,
            ),
        )
        if not second:
            self._register(group, port)
        return group

    def _route_grpc(self, group: elbv2.ApplicationTargetGroup) -> elbv2.ApplicationListenerRule:
        (port,) = (p for p in self.backend.ports if p.protocol is PortProtocol.GRPC)
        paths = [f"/{service}/*" for service in port.grpc_services]
        if paths and len(paths) <= _MOST_PATHS:
            condition = elbv2.ListenerCondition.path_patterns(paths)
        else:
            condition = elbv2.ListenerCondition.http_header("content-type", ["application/grpc*"])
        return elbv2.ApplicationListenerRule(
            self,
            "GrpcRule",
            listener=self._listener,
            priority=1,
            conditions=[condition],
            action=elbv2.ListenerAction.forward([group]),
        )
