"""Rules of services: how many hosts, when, and deployments that can finish."""

from __future__ import annotations

from fleet_packing import (
    DeploymentPercents,
    deployment_deadlock,
    safe_deployment,
)
from stacks.platform.cluster.metrics import TRACKING
from stacks.platform.cluster.plans import PoolPlan
from stacks.platform.cluster.service_file import Service, ServiceScaling, ServiceSchedule
from stacks.platform.cron import cron_problem
from stacks.platform.endpoint.scaling import CRON
from stacks.platform.findings import Findings
from stacks.platform.problems import ABSENT

_DEPLOYMENT = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html"
_ANYWHERE = DeploymentPercents(minimum=100, maximum=200)


def check_counts(place: str, service: Service, pool: PoolPlan | None, findings: Findings) -> None:
    """Adds numbers of hosts that contradict each other or the pool."""
    low, high = service.min_instances, service.most_instances
    if service.scaling is None and high != low:
        findings.refuse(
            f"{place}.max_instances",
            high,
            rule="is never reached while scaling is off",
            fix=f"write min_instances: {high} to run on as many hosts, or scaling: {{...}}",
        )
    elif low > high:
        findings.refuse(
            f"{place}.min_instances",
            low,
            rule=f"is more than max_instances, {high}",
            fix="lower it or raise max_instances",
        )
    if service.scaling is not None:
        _check_scaling(f"{place}.scaling", service, service.scaling, findings)
    if pool is not None and not pool.managed:
        most = pool.section.max_instances
        key = "min_instances" if service.max_instances is None else "max_instances"
        if high > most:
            _refuse_beyond(f"{place}.{key}", high, pool, findings)
        for position, schedule in enumerate(
            () if service.scaling is None else service.scaling.schedules
        ):
            if schedule.max_instances > most:
                _refuse_beyond(
                    f"{place}.scaling.schedules[{position}].max_instances",
                    schedule.max_instances,
                    pool,
                    findings,
                )


def _refuse_beyond(place: str, count: int, pool: PoolPlan, findings: Findings) -> None:
    findings.refuse(
        place,
        count,
        rule=f"is more hosts than pool {pool.name} has, {pool.section.max_instances}",
        fix=f"lower it, or raise {pool.place}.max_instances",
    )


def _check_scaling(
    place: str, service: Service, scaling: ServiceScaling, findings: Findings
) -> None:
    if scaling.metric is None and not scaling.schedules:
        findings.refuse(
            f"{place}.schedules",
            ABSENT,
            rule="is missing; with metric: off nothing else changes the count",
            fix="add schedules, or write scaling: off",
        )
    least = "stops every task, and without one no metric calls the service back"
    if scaling.metric is not None and service.min_instances == 0:
        findings.refuse(
            f"{place.removesuffix('.scaling')}.min_instances",
            0,
            rule=least,
            fix="write 1 or more, or metric: off with schedules",
            source=TRACKING,
        )
    names: set[str] = set()
    for position, schedule in enumerate(scaling.schedules):
        inner = f"{place}.schedules[{position}]"
        _check_schedule(inner, schedule, findings)
        if scaling.metric is not None and schedule.min_instances == 0:
            findings.refuse(
                f"{inner}.min_instances",
                0,
                rule=least,
                fix="write 1 or more, or metric: off",
                source=TRACKING,
            )
        if schedule.name in names:
            findings.refuse(
                f"{inner}.name",
                schedule.name,
                rule="is the name of an earlier schedule",
                fix="give each schedule its own name",
            )
        names.add(schedule.name)


def _check_schedule(place: str, schedule: ServiceSchedule, findings: Findings) -> None:
    problem = cron_problem(schedule.cron)
    if problem is not None:
        findings.refuse(
            f"{place}.cron",
            schedule.cron,
            rule=problem,
            fix="write six fields such as 0 8 ? * MON-FRI *",
            source=CRON,
        )
    if schedule.min_instances > schedule.max_instances:
        findings.refuse(
            f"{place}.min_instances",
            schedule.min_instances,
            rule=f"is more than max_instances, {schedule.max_instances}",
            fix="lower it or raise max_instances",
        )


def check_deployment(
    place: str, service: Service, pool: PoolPlan, findings: Findings
) -> DeploymentPercents:
    """The percents, which let a deployment finish on every number of hosts; adds where not."""
    hosts, most = service.hosts, pool.section.max_instances
    if service.deployment is None:
        if pool.managed:
            return _ANYWHERE
        return safe_deployment(
            min_instances=hosts.start, max_instances=hosts.stop - 1, pool_max_instances=most
        )
    if service.deployment.kind != "rolling":
        return _ANYWHERE
    low = service.deployment.minimum_healthy_percent
    high = service.deployment.maximum_percent
    for key, value in (("minimum_healthy_percent", low), ("maximum_percent", high)):
        if value is None:
            findings.refuse(
                f"{place}.deployment.{key}", ABSENT, rule="is missing", fix=f"add {key}: VALUE"
            )
    if low is None or high is None:
        return _ANYWHERE
    percents = DeploymentPercents(minimum=low, maximum=high)
    if pool.managed:
        return percents
    for desired in hosts:
        problem = deployment_deadlock(percents, desired=desired, hosts=most)
        if problem is not None:
            findings.refuse(
                f"{place}.deployment",
                ABSENT,
                rule=f"never finishes: {problem}",
                fix="write deployment: auto, a lower minimum_healthy_percent, or a spare host in"
                f" {pool.place}.max_instances",
                source=_DEPLOYMENT,
            )
            break
    return percents
