"""What stands before a service: requests of an application load balancer, connections of a
network one."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from inference_constructs.ecs import NeuronService
from inference_constructs.ecs.load_balancer import ServiceLoadBalancer
from metric_catalog.load_balancers import ALB, NLB

from .alarm import AlarmSpec
from .catalogued import PERIOD, computed, metric
from .props import Thresholds
from .section import Panel, graph

_FIVE_MINUTES = Duration.minutes(5)
# A ratio of fewer requests says nothing.
_FEWEST_CALLS = 20


class Requests:
    """An application load balancer, which counts requests."""

    def __init__(
        self,
        service: NeuronService,
        balancer: ServiceLoadBalancer,
        thresholds: Thresholds,
    ) -> None:
        self._name = service.service_name
        self._balancer = balancer
        self._limits = thresholds

    def panels(self) -> list[Panel]:
        """What it counts, and the health of its tasks."""
        return [
            graph(
                "Requests and errors a minute",
                [
                    self._metric("RequestCount", "Sum", "requests"),
                    self._metric("HTTPCode_Target_5XX_Count", "Sum", "5xx of tasks"),
                    self._metric("HTTPCode_ELB_5XX_Count", "Sum", "5xx of the load balancer"),
                ],
                unit="requests",
            ),
            graph(
                "Response time",
                [
                    computed("{m} * 1000", statistic, {"m": self._time(statistic)})
                    for statistic in ("p50", "p90", "p99")
                ],
                unit="ms",
                limit=(self._limits.latency_ms, "too slow"),
            ),
            _health(self._balancer, ALB),
        ]

    def alarms(self) -> list[AlarmSpec]:
        """When its callers notice."""
        limits = self._limits
        metrics = {
            "tasks": self._metric("HTTPCode_Target_5XX_Count", "Sum", period=_FIVE_MINUTES),
            "own": self._metric("HTTPCode_ELB_5XX_Count", "Sum", period=_FIVE_MINUTES),
            "calls": self._metric("RequestCount", "Sum", period=_FIVE_MINUTES),
        }
        # What the load balancer refuses by itself is not among the requests that it counts.
        total = "(FILL({calls}, 0) + FILL({own}, 0))"
        failed = "(FILL({tasks}, 0) + FILL({own}, 0))"
        return [
            AlarmSpec(
                name=f"service-{self._name}-errors",
                metric=computed(
                    f"IF({total} < {_FEWEST_CALLS}, 0, 100 * {failed} / {total})",
                    "5xx, %",
                    metrics,
                    period=_FIVE_MINUTES,
                ),
                threshold=limits.error_percent,
                periods=3,
                breaching=2,
                reason=f"More than {limits.error_percent:g} % of the requests to service"
                f" {self._name} got a 5xx for 10 of 15 minutes.",
                runbook="service-errors",
            ),
            AlarmSpec(
                name=f"service-{self._name}-latency",
                metric=self._time("p99"),
                threshold=limits.latency_ms / 1000,
                periods=10,
                breaching=8,
                reason=f"One answer in 100 of service {self._name} took over"
                f" {limits.latency_ms:g} ms for 8 of 10 minutes.",
                runbook="service-latency",
            ),
            _health_alarm(self._balancer, ALB, self._name),
        ]

    def _time(self, statistic: str) -> cloudwatch.Metric:
        return self._metric("TargetResponseTime", statistic)

    def _metric(
        self,
        name: str,
        statistic: str,
        label: str | None = None,
        *,
        period: Duration = PERIOD,
    ) -> cloudwatch.Metric:
        # Of the whole load balancer, as a deployment may move the requests to another group.
        dimensions = {"LoadBalancer": self._balancer.full_name}
        return metric(ALB, name, dimensions, statistic, label=label, period=period)


class Connections:
    """A network load balancer, which knows connections only."""

    def __init__(self, service: NeuronService, balancer: ServiceLoadBalancer) -> None:
        self._name = service.service_name
        self._balancer = balancer

    def panels(self) -> list[Panel]:
        """What it counts, and the health of its tasks."""
        dimensions = {"LoadBalancer": self._balancer.full_name}
        return [
            graph(
                "Connections",
                [
                    metric(NLB, "ActiveFlowCount", dimensions, "Average", label="open"),
                    metric(NLB, "NewFlowCount", dimensions, "Sum", label="new a minute"),
                    metric(NLB, "TCP_Target_Reset_Count", dimensions, "Sum", label="reset"),
                ],
                unit="connections",
            ),
            _health(self._balancer, NLB),
        ]

    def alarms(self) -> list[AlarmSpec]:
        """When its callers notice."""
        return [_health_alarm(self._balancer, NLB, self._name)]


def _hosts(
    balancer: ServiceLoadBalancer, namespace: str, name: str, label: str
) -> list[cloudwatch.Metric]:
    several = len(balancer.target_groups) > 1
    return [
        metric(
            namespace,
            name,
            {
                "LoadBalancer": balancer.full_name,
                "TargetGroup": group.target_group_full_name,
            },
            "Maximum",
            label=f"{label} {index}" if several else label,
        )
        for index, group in enumerate(balancer.target_groups)
    ]


def _health(balancer: ServiceLoadBalancer, namespace: str) -> Panel:
    return graph(
        "Tasks behind the load balancer",
        [
            *_hosts(balancer, namespace, "HealthyHostCount", "healthy"),
            *_hosts(balancer, namespace, "UnHealthyHostCount", "unhealthy"),
        ],
        unit="tasks",
    )


def _health_alarm(balancer: ServiceLoadBalancer, namespace: str, name: str) -> AlarmSpec:
    groups = _hosts(balancer, namespace, "UnHealthyHostCount", "unhealthy")
    metrics: dict[str, cloudwatch.IMetric] = {f"g{index}": m for index, m in enumerate(groups)}
    return AlarmSpec(
        name=f"service-{name}-unhealthy",
        metric=computed(
            " + ".join(f"FILL({{{key}}}, 0)" for key in metrics), "unhealthy tasks", metrics
        ),
        threshold=0,
        periods=12,
        breaching=10,
        reason=f"A task of service {name} failed its health check in 10 of 12 minutes. A task that"
        " only loads its model is healthy by then.",
        runbook="service-unhealthy",
    )
