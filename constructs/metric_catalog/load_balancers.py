"""Metrics of application and network load balancers.

``LoadBalancer`` and ``TargetGroup`` are the last parts of the ARNs: ``app/name/id`` or
``net/name/id``, and ``targetgroup/name/id``.
"""

from __future__ import annotations

from metric_catalog.metric import EVERY, PLAIN, CatalogMetric, Statistic, Unit, sets

ALB = "AWS/ApplicationELB"
NLB = "AWS/NetworkELB"
_ELB = "https://docs.aws.amazon.com/elasticloadbalancing/latest"
_ALB_SOURCE = f"{_ELB}/application/load-balancer-cloudwatch-metrics.html"
_NLB_SOURCE = f"{_ELB}/network/load-balancer-cloudwatch-metrics.html"
_SUM: tuple[Statistic, ...] = ("Sum",)
_BALANCER = ("LoadBalancer", "AvailabilityZone LoadBalancer")
_GROUP = ("LoadBalancer TargetGroup", "AvailabilityZone LoadBalancer TargetGroup")
# Health belongs to a target group: there is no total of a load balancer.
_HEALTH: tuple[Statistic, ...] = ("Average", "Maximum", "Minimum")


def _metric(
    namespace: str,
    name: str,
    unit: Unit,
    statistics: tuple[Statistic, ...],
    meaning: str,
    dimensions: tuple[str, ...],
) -> CatalogMetric:
    return CatalogMetric(
        namespace=namespace,
        name=name,
        dimensions=sets(*dimensions),
        unit=unit,
        statistics=statistics,
        meaning=meaning,
        source=_ALB_SOURCE if namespace == ALB else _NLB_SOURCE,
    )


_BOTH = (*_BALANCER, *_GROUP)
LOAD_BALANCERS = (
    _metric(ALB, "RequestCount", "Count", _SUM, "requests sent on to a target", _BOTH),
    _metric(ALB, "HTTPCode_Target_4XX_Count", "Count", _SUM, "4xx of the tasks", _BOTH),
    _metric(ALB, "HTTPCode_Target_5XX_Count", "Count", _SUM, "5xx of the tasks", _BOTH),
    _metric(ALB, "HTTPCode_ELB_5XX_Count", "Count", _SUM, "5xx of its own", _BALANCER),
    _metric(ALB, "TargetResponseTime", "Seconds", EVERY, "request out, header back", _BOTH),
    _metric(ALB, "TargetConnectionErrorCount", "Count", _SUM, "connections that failed", _BOTH),
    _metric(ALB, "HealthyHostCount", "Count", _HEALTH, "tasks that pass the check", _GROUP),
    _metric(ALB, "UnHealthyHostCount", "Count", _HEALTH, "tasks that fail the check", _GROUP),
    _metric(NLB, "ActiveFlowCount", "Count", PLAIN, "connections now", _BALANCER),
    _metric(NLB, "NewFlowCount", "Count", _SUM, "connections made", _BALANCER),
    _metric(NLB, "TCP_Target_Reset_Count", "Count", _SUM, "resets by tasks", _BALANCER),
    _metric(NLB, "HealthyHostCount", "Count", _HEALTH, "tasks that pass the check", _GROUP),
    _metric(NLB, "UnHealthyHostCount", "Count", _HEALTH, "tasks that fail the check", _GROUP),
)
