"""Rules of the metrics that services scale on: who counts them, and what they can reach."""

from __future__ import annotations

from collections.abc import Sequence

from stacks.platform.cluster.plans import PoolPlan
from stacks.platform.cluster.service_file import LoadBalancer, Service, ServiceScaling
from stacks.platform.cluster.workload_file import WorkloadPort
from stacks.platform.findings import Findings

TRACKING = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"
    "service-autoscaling-targettracking.html"
)


def check_scaling_metric(
    place: str,
    service: Service,
    scaling: ServiceScaling,
    ports: Sequence[WorkloadPort],
    pool: PoolPlan | None,
    findings: Findings,
) -> None:
    """Adds a metric that nobody publishes for the service, and a target that it never has."""
    if scaling.metric == "requests":
        balancer = service.load_balancer
        if balancer is None or balancer.kind != "alb":
            findings.refuse(
                f"{place}.metric",
                scaling.metric,
                rule="is counted by an application load balancer, and the service has"
                f" {'none' if balancer is None else 'an nlb'}",
                fix="add load_balancer: {kind: alb}, or write neuroncore_utilization",
                source=TRACKING,
            )
        else:
            _check_port(f"{place}.port", scaling.port, balancer, ports, findings)
    elif scaling.port is not None:
        findings.refuse(
            f"{place}.port",
            scaling.port,
            rule="belongs to metric requests",
            fix="remove it, or write metric: requests",
        )
    if scaling.metric != "neuroncore_utilization":
        return
    if pool is not None and (pool.managed or not pool.section.core_metrics):
        findings.refuse(
            f"{place}.metric",
            scaling.metric,
            rule="comes from a daemon on the hosts, which managed instances do not run"
            if pool.managed
            else f"is not published by pool {pool.name}",
            fix="write requests, or metric: off with schedules"
            if pool.managed
            else f"write {pool.place}.core_metrics: true",
        )
    target = scaling.target
    if target is not None and not 1 <= target <= 100:
        findings.refuse(
            f"{place}.target",
            target,
            rule="is not a percentage of the cores' time",
            fix=f"write {target * 100:g}" if target < 1 else "write a number from 1 to 100",
        )


def _check_port(
    place: str,
    port: str | None,
    balancer: LoadBalancer,
    ports: Sequence[WorkloadPort],
    findings: Findings,
) -> None:
    names = [each.name for each in ports if balancer.ports is None or each.name in balancer.ports]
    if port is not None and names and port not in names:
        findings.refuse(
            place,
            port,
            rule="is not a port that the load balancer publishes",
            fix=f"write {' or '.join(names)}, or remove it",
        )
