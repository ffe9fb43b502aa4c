"""Rules of ``endpoint.deployment``: parts that exist, alarms that can fire, time that is enough."""

from __future__ import annotations

from rollouts import JUDGED_MINUTES, LONGEST_SECONDS, PARTS, EndpointUpdate, TrafficShift
from stacks.platform.endpoint.deployment_file import EndpointDeployment
from stacks.platform.file import Endpoint
from stacks.platform.findings import Findings

_CONFIGURATION = (
    "https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html"
)
_BLUE_GREEN = (
    "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_BlueGreenUpdatePolicy.html"
)
_ROUTING = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html"
_ROLLING = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_RollingUpdatePolicy.html"
_PLACE = "endpoint.deployment"
_LONGEST_WAIT = 3600


def check_deployment(
    endpoint: Endpoint, deployment: EndpointDeployment, findings: Findings
) -> None:
    """Adds what is wrong with ``endpoint.deployment``."""
    kind = TrafficShift(deployment.kind)
    rolling = kind is TrafficShift.ROLLING
    source = _ROLLING if rolling else _ROUTING
    part = PARTS[kind]
    if deployment.percent not in part:
        findings.refuse(
            f"{_PLACE}.percent",
            deployment.percent,
            rule=f"is outside of what {kind.value} takes, {part[0]} to {part[-1]} percent",
            fix=f"write {part[0]} or more",
            source=source,
        )
    place, fewest = _fewest(endpoint)
    if fewest < 2:
        findings.refuse(
            f"{_PLACE}.kind",
            deployment.kind,
            rule=f"updates a part of the instances first, at most half, and {place} allows for one",
            fix=f"write {place}: 2, or deployment: all-at-once",
            source=source,
        )
    if rolling and deployment.termination_wait_seconds is not None:
        findings.refuse(
            f"{_PLACE}.termination_wait_seconds",
            deployment.termination_wait_seconds,
            rule="is of no use to rolling, which ends the old instances batch by batch",
            fix="remove it",
            source=_ROLLING,
        )
    update = EndpointUpdate(
        kind=kind,
        percent=deployment.percent,
        wait_seconds=deployment.wait_seconds,
        termination_wait_seconds=deployment.termination_wait_seconds or 0,
        cold_minutes=deployment.cold_minutes,
    )
    _check_wait(update, findings)
    if deployment.percent in part:
        _check_timeout(update, deployment.timeout_seconds, findings)
    if not endpoint.warm_up:
        findings.warn(
            _PLACE,
            "each new fleet starts without a model: the first call of each waits for its download;"
            " name the models that cannot wait in endpoint.warm_up",
        )


def _check_wait(update: EndpointUpdate, findings: Findings) -> None:
    if update.wait_seconds >= update.least_wait_seconds:
        return
    most = _LONGEST_WAIT // 60 - JUDGED_MINUTES - 1
    key, value = "wait_seconds", update.wait_seconds
    fix = f"write {update.least_wait_seconds} or more, or fewer cold_minutes"
    if update.cold_minutes > most:
        key, value, fix = "cold_minutes", update.cold_minutes, f"write {most} or less"
    findings.refuse(
        f"{_PLACE}.{key}",
        value,
        rule=f"makes a wait of {update.wait_seconds} seconds end before an alarm can fire, after"
        f" {update.cold_minutes} cold minutes, {JUDGED_MINUTES} further ones and one until"
        " CloudWatch has their values",
        fix=fix,
        source=_CONFIGURATION,
    )


def _check_timeout(update: EndpointUpdate, timeout: int | None, findings: Findings) -> None:
    limit = LONGEST_SECONDS if timeout is None else timeout
    if update.waiting_seconds < limit:
        return
    findings.refuse(
        f"{_PLACE}.{'wait_seconds' if timeout is None else 'timeout_seconds'}",
        update.wait_seconds if timeout is None else timeout,
        rule=f"leaves no time beside the {update.waiting_seconds:,} seconds of waiting in"
        f" {update.steps} steps; an update ends after {limit:,}",
        fix="shift larger parts, or wait less"
        if timeout is None
        else f"write more than {update.waiting_seconds}, shift larger parts, or wait less",
        source=_BLUE_GREEN,
    )


def _fewest(endpoint: Endpoint) -> tuple[str, int]:
    """The least number of instances there may be during an update, and the key that says so."""
    if endpoint.scaling is None:
        return "endpoint.initial_instance_count", endpoint.initial_instance_count
    place = "endpoint.scaling"
    limits = [(f"{place}.min_instances", endpoint.scaling.min_instances)]
    for position, schedule in enumerate(endpoint.scaling.schedules):
        limits.append((f"{place}.schedules[{position}].min_instances", schedule.min_instances))
    return min(limits, key=lambda limit: limit[1])
