"""Rules of updates by a second set of tasks: room for both, and one way to move the traffic."""

from __future__ import annotations

from collections.abc import Sequence

from fleet_packing import ChipSlot
from rollouts import ServiceShift, ServiceUpdate, second_set_problem
from stacks.platform.cluster.plans import PoolPlan
from stacks.platform.cluster.service_file import Deployment, Service
from stacks.platform.cluster.workload_file import WorkloadPort
from stacks.platform.findings import Findings
from stacks.platform.problems import ABSENT
from stacks.platform.section import chosen

_BLUE_GREEN = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-blue-green.html"
)
_BALANCER = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html"
)
_ROLLING_KEYS = ("minimum_healthy_percent", "maximum_percent")
_PART_KEYS = ("percent", "step_minutes")
_SHIFT_KEYS = (*_PART_KEYS, "bake_minutes", "errors_percent")


def check_rollout(
    place: str,
    service: Service,
    pool: PoolPlan,
    slots: Sequence[ChipSlot],
    ports: Sequence[WorkloadPort],
    findings: Findings,
) -> ServiceUpdate | None:
    """The update of a service that starts a second set of tasks, None for one that replaces them;
    adds what it lacks."""
    deployment = service.deployment
    if deployment is None:
        return None
    _check_keys(f"{place}.deployment", deployment, findings)
    if deployment.kind == "rolling":
        return None
    kind = f"{place}.deployment.kind"
    if len(slots) > 1:
        findings.refuse(
            kind,
            deployment.kind,
            rule=f"moves the traffic of one ECS service, and this one is {len(slots)}, one for each"
            " slot, behind the same load balancer",
            fix="write packing: whole-instance or managed-instances, or chips_per_task: "
            f"{sum(slot.chip_count for slot in slots)}",
            source=_BLUE_GREEN,
        )
    problem = second_set_problem(desired=service.hosts.stop - 1, hosts=pool.section.max_instances)
    if problem is not None and not pool.managed:
        findings.refuse(
            kind,
            deployment.kind,
            rule=f"has no room for its second set in pool {pool.name}: {problem}",
            fix=f"write {pool.place}.max_instances: {2 * (service.hosts.stop - 1)}, or kind:"
            " rolling",
            source=_BLUE_GREEN,
        )
    _check_balancer(place, service, ports, findings)
    if service.scaling is not None and service.scaling.metric == "requests":
        findings.refuse(
            f"{place}.scaling.metric",
            "requests",
            rule=f"counts what one target group gets, and {deployment.kind} moves between two",
            fix="write neuroncore_utilization, or off with schedules",
            source=_BALANCER,
        )
    return ServiceUpdate(
        kind=ServiceShift(deployment.kind),
        percent=deployment.percent,
        step_minutes=deployment.step_minutes,
        bake_minutes=deployment.bake_minutes,
        errors_percent=deployment.errors_percent,
    )


def _check_keys(place: str, deployment: Deployment, findings: Findings) -> None:
    useless: tuple[str, ...] = _ROLLING_KEYS
    if deployment.kind == "rolling":
        useless = _SHIFT_KEYS
    elif deployment.kind == "blue-green":
        useless = (*_ROLLING_KEYS, *_PART_KEYS)
    for key in useless:
        if chosen(deployment, key):
            findings.refuse(
                f"{place}.{key}",
                getattr(deployment, key),
                rule=f"is of no use to {deployment.kind}",
                fix="remove it",
            )


def _check_balancer(
    place: str, service: Service, ports: Sequence[WorkloadPort], findings: Findings
) -> None:
    balancer = service.load_balancer
    if balancer is None or balancer.kind != "alb":
        findings.refuse(
            f"{place}.load_balancer",
            ABSENT,
            rule="has no listener rule whose weights move the traffic",
            fix="write load_balancer: {kind: alb}, or deployment.kind: rolling",
            source=_BALANCER,
        )
        return
    published = [
        port.name for port in ports if balancer.ports is None or port.name in balancer.ports
    ]
    if len(published) > 1:
        findings.refuse(
            f"{place}.load_balancer.ports",
            ABSENT,
            rule=f"publishes {', '.join(published)}, and one listener rule moves the traffic of"
            " one port",
            fix=f"write ports: [{published[0]}]",
            source=_BALANCER,
        )
