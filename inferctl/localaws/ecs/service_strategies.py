"""Deployments by a second set of tasks: what they need, and the alarms that roll them back.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-blue-green.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .errors import invalid
from .surroundings import Surroundings

Settings = Mapping[str, Any]
_PARTS = {
    "CANARY": ("canaryConfiguration", "canaryPercent"),
    "LINEAR": ("linearConfiguration", "stepPercent"),
}
_ADVANCED = ("alternateTargetGroupArn", "productionListenerRule", "roleArn")


def check_strategy(settings: Settings, services: Surroundings) -> None:
    """Raises for a strategy whose settings are missing or do not go with it."""
    deployment = settings.get("deploymentConfiguration", {})
    strategy = deployment.get("strategy", "ROLLING")
    for other, (key, _) in _PARTS.items():
        if key in deployment and strategy != other:
            raise invalid(f"{key} can only be used with the {other} deployment strategy.")
    if strategy == "ROLLING":
        return
    balancers = settings.get("loadBalancers", [])
    if strategy in _PARTS:
        key, percent = _PARTS[strategy]
        if percent not in deployment.get(key, {}):
            raise invalid(f"{key}.{percent} is required for the {strategy} deployment strategy.")
        if not balancers:
            raise invalid(f"The {strategy} deployment strategy requires a load balancer.")
    for balancer in balancers:
        advanced = balancer.get("advancedConfiguration", {})
        missing = [key for key in _ADVANCED if key not in advanced]
        if missing:
            raise invalid(f"advancedConfiguration requires {', '.join(missing)}.")
        arn = advanced["alternateTargetGroupArn"]
        if not services.has_target_group(arn):
            raise invalid(f"The target group with targetGroupArn {arn} does not exist.")


def alarms_of(settings: Settings) -> Sequence[str]:
    """Names of the alarms that roll a deployment back."""
    alarms = settings.get("deploymentConfiguration", {}).get("alarms", {})
    return alarms.get("alarmNames", []) if alarms.get("enable") and alarms.get("rollback") else []
