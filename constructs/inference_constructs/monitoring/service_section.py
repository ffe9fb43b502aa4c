"""A service of a cluster: its tasks, what stands before them, and the cores they use."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs

from fleet_packing.core_metrics import CLUSTER_DIMENSION, SERVICE_DIMENSION, UTILIZATION_METRIC
from inference_constructs.ecs import NeuronCapacityPool, NeuronService
from inference_constructs.ecs.load_balancer_props import LoadBalancerKind
from metric_catalog.ecs import INSIGHTS
from metric_catalog.neuron import CORES

from .alarm import AlarmSpec
from .catalogued import computed, metric
from .props import Thresholds
from .section import Panel, Section, graph, in_rows
from .service_balancer import Connections, Requests

# An alarm's expression takes ten metrics, and each ECS service brings two:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html
_SLOTS_AN_ALARM = 5


def service_section(
    service: NeuronService, *, cluster_name: str, thresholds: Thresholds
) -> Section:
    """One row or two."""
    row: list[Panel] = [_tasks(service, cluster_name)]
    alarms = [*_task_alarms(service, cluster_name)]
    balancer = service.load_balancer
    if balancer is not None:
        part = (
            Requests(service, balancer, thresholds)
            if balancer.props.kind is LoadBalancerKind.ALB
            else Connections(service, balancer)
        )
        row += part.panels()
        alarms += part.alarms()
    pool = service.pool
    if isinstance(pool, NeuronCapacityPool) and pool.publishes_core_metrics:
        row.append(_cores(service, cluster_name))
    return Section(heading=f"Service {service.service_name}", rows=in_rows(row), alarms=alarms)


def _count(service: ecs.CfnService, cluster_name: str, name: str, label: str) -> cloudwatch.Metric:
    dimensions = {"ClusterName": cluster_name, "ServiceName": service.attr_name}
    return metric(INSIGHTS, name, dimensions, "Maximum", label=label)


def _tasks(service: NeuronService, cluster_name: str) -> Panel:
    """All slots together: a host of many chips has many, which come and go alike."""
    lines = []
    for name, word in (("DesiredTaskCount", "wanted"), ("RunningTaskCount", "running")):
        counts: dict[str, cloudwatch.IMetric] = {
            f"slot{index}": _count(each, cluster_name, name, word)
            for index, each in enumerate(service.services)
        }
        total = " + ".join(f"FILL({{{key}}}, 0)" for key in counts)
        lines.append(computed(total, word, counts))
    return graph("Tasks", lines, unit="tasks")


def _task_alarms(service: NeuronService, cluster_name: str) -> list[AlarmSpec]:
    alarms = []
    for start in range(0, len(service.services), _SLOTS_AN_ALARM):
        slots = service.services[start : start + _SLOTS_AN_ALARM]
        metrics: dict[str, cloudwatch.IMetric] = {}
        for index, each in enumerate(slots):
            metrics[f"wanted{index}"] = _count(each, cluster_name, "DesiredTaskCount", "wanted")
            metrics[f"running{index}"] = _count(each, cluster_name, "RunningTaskCount", "running")
        number = start // _SLOTS_AN_ALARM + 1
        alarms.append(
            AlarmSpec(
                name=f"service-{service.service_name}-tasks-missing"
                + (f"-{number}" if number > 1 else ""),
                metric=computed(
                    " + ".join(map(_missing, range(len(slots)))), "missing tasks", metrics
                ),
                threshold=0,
                periods=18,
                breaching=15,
                reason=f"Service {service.service_name} ran fewer tasks than it wants in 15 of 18"
                " minutes: they fail to start, or there is no host or chip for them.",
                runbook="tasks-missing",
            )
        )
    return alarms


def _missing(slot: int) -> str:
    """Never below 0: the second set of tasks of one slot must not hide that another has none."""
    wanted, running = f"FILL({{wanted{slot}}}, 0)", f"FILL({{running{slot}}}, 0)"
    return f"IF({wanted} > {running}, {wanted} - {running}, 0)"


def _cores(service: NeuronService, cluster_name: str) -> Panel:
    dimensions = {CLUSTER_DIMENSION: cluster_name, SERVICE_DIMENSION: service.service_name}
    return graph(
        "NeuronCores in use",
        [
            metric(CORES, UTILIZATION_METRIC, dimensions, statistic, label=statistic.lower())
            for statistic in ("Average", "Maximum")
        ],
        unit="%",
        most=100,
    )
