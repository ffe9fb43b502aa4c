"""Rolling deployments that can finish.

ECS keeps ``ceil(desired * minimum / 100)`` tasks running and never starts more than
``floor(desired * maximum / 100)``. Where a host takes one task of the service, a deployment needs
either a spare host or leave to stop a task first; with neither it waits for ever.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet_packing.errors import PackingError


@dataclass(frozen=True, kw_only=True)
class DeploymentPercents:
    """``minimumHealthyPercent`` and ``maximumPercent`` of a service."""

    minimum: int
    maximum: int

    def __post_init__(self) -> None:
        if not 0 <= self.minimum <= 100 or not 100 <= self.maximum <= 200:
            raise PackingError(
                "minimum must be 0 to 100 and maximum 100 to 200 percent, got"
                f" {self.minimum} and {self.maximum}"
            )


def safe_deployment(
    *, min_instances: int, max_instances: int, pool_max_instances: int
) -> DeploymentPercents:
    """Percents with which a service of one task per host never gets stuck at any size.

    A pool that grows beyond the service's largest size by as many hosts again keeps every task
    serving; else a host is emptied before it is filled, half of them at a time, or all where the
    service may run on one host.
    """
    if pool_max_instances >= 2 * max_instances:
        return DeploymentPercents(minimum=100, maximum=200)
    return DeploymentPercents(minimum=50 if min_instances >= 2 else 0, maximum=100)


def deployment_deadlock(percents: DeploymentPercents, *, desired: int, hosts: int) -> str | None:
    """Why a deployment of ``desired`` tasks, one per host, on at most ``hosts`` never finishes.

    None where it does.
    """
    if desired == 0:
        return None
    kept = -(-desired * percents.minimum // 100)
    ceiling = desired * percents.maximum // 100
    if kept < desired:
        return None
    if ceiling <= desired:
        return (
            f"{percents.minimum} % of {desired} task{'s' if desired > 1 else ''} keeps all"
            f" {desired} running and {percents.maximum} % starts none beside them"
        )
    if hosts <= desired:
        return (
            f"{percents.minimum} % of {desired} task{'s' if desired > 1 else ''} keeps all"
            f" {desired} running, one on each of {hosts} hosts, and no host is spare for a new one"
        )
    return None
