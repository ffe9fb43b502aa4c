"""Rules of the scaling section: limits, targets and schedules that belong together."""

from __future__ import annotations

from stacks.platform.cron import cron_problem
from stacks.platform.file import Endpoint, Scaling, Schedule
from stacks.platform.findings import Findings

_METRICS = "https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html"
CRON = (
    "https://docs.aws.amazon.com/autoscaling/application/userguide/"
    "scheduled-scaling-using-cron-expressions.html"
)


def check_scaling(endpoint: Endpoint, scaling: Scaling, findings: Findings) -> None:
    """Adds what is wrong with ``endpoint.scaling``."""
    place = "endpoint.scaling"
    low, high = scaling.min_instances, scaling.max_instances
    if low > high:
        findings.refuse(
            f"{place}.min_instances",
            low,
            rule=f"is more than max_instances, {high}",
            fix="lower it or raise max_instances",
        )
    elif not low <= endpoint.initial_instance_count <= high:
        findings.refuse(
            "endpoint.initial_instance_count",
            endpoint.initial_instance_count,
            rule=f"is outside the scaling limits, {low} to {high}",
            fix=f"write a number from {low} to {high}, or change {place}",
        )
    target = scaling.target
    if scaling.metric != "invocations_per_instance" and target is not None and target > 100:
        findings.refuse(
            f"{place}.target",
            target,
            rule=f"is more than 100 percent, the most {scaling.metric} reaches on one GPU",
            fix="write a number from 1 to 100",
            source=_METRICS,
        )
    if scaling.metric != "invocations_per_instance" and target is not None and target < 1:
        findings.refuse(
            f"{place}.target",
            target,
            rule=f"is less than 1 percent; {scaling.metric} is in percent, not a fraction",
            fix=f"write {target * 100:g}",
            source=_METRICS,
        )
    names: set[str] = set()
    for position, schedule in enumerate(scaling.schedules):
        _check_schedule(f"{place}.schedules[{position}]", schedule, findings)
        if schedule.name in names:
            findings.refuse(
                f"{place}.schedules[{position}].name",
                schedule.name,
                rule="is the name of an earlier schedule",
                fix="give each schedule its own name",
            )
        names.add(schedule.name)


def _check_schedule(place: str, schedule: Schedule, findings: Findings) -> None:
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
