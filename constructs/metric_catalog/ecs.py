"""Metrics of ECS: its own, Container Insights', and those its capacity providers scale on."""

from __future__ import annotations

from metric_catalog.metric import PLAIN, CatalogMetric, Dimensions, Unit, sets

ECS_OWN = "AWS/ECS"
INSIGHTS = "ECS/ContainerInsights"
MANAGED_SCALING = "AWS/ECS/ManagedScaling"
_GUIDE = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide"
_OWN = f"{_GUIDE}/available-metrics.html"
_SCALING = f"{_GUIDE}/cluster-auto-scaling.html"
_INSIGHTS = (
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
    "Container-Insights-metrics-ECS.html"
)
_SERVICE = sets("ClusterName ServiceName")


def _metric(
    namespace: str,
    name: str,
    unit: Unit,
    meaning: str,
    source: str,
    dimensions: tuple[Dimensions, ...] = _SERVICE,
) -> CatalogMetric:
    return CatalogMetric(
        namespace=namespace,
        name=name,
        dimensions=dimensions,
        unit=unit,
        statistics=PLAIN,
        meaning=meaning,
        source=source,
    )


_BOTH = sets("ClusterName ServiceName", "ClusterName")
ECS = (
    _metric(ECS_OWN, "CPUUtilization", "Percent", "of the CPU reserved", _OWN, _BOTH),
    _metric(ECS_OWN, "MemoryUtilization", "Percent", "of the memory reserved", _OWN, _BOTH),
    _metric(INSIGHTS, "DesiredTaskCount", "Count", "tasks that ought to run", _INSIGHTS),
    _metric(INSIGHTS, "RunningTaskCount", "Count", "tasks that run", _INSIGHTS),
    _metric(INSIGHTS, "PendingTaskCount", "Count", "tasks that are starting", _INSIGHTS),
    _metric(INSIGHTS, "DeploymentCount", "Count", "deployments under way", _INSIGHTS),
    _metric(
        INSIGHTS,
        "ContainerInstanceCount",
        "Count",
        "hosts with an agent",
        _INSIGHTS,
        sets("ClusterName"),
    ),
    _metric(
        MANAGED_SCALING,
        "CapacityProviderReservation",
        "Percent",
        "hosts needed over hosts there; above 100 tasks wait for a host",
        _SCALING,
        sets("CapacityProviderName ClusterName"),
    ),
)
