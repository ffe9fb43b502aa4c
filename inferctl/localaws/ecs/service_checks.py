"""What CreateService and UpdateService refuse, and what this ECS does not do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .actions_clusters import FARGATE, check_strategy
from .definitions import check_expressions
from .errors import client_error, invalid, not_emulated
from .store import Cluster, TaskDefinition
from .surroundings import Surroundings

Settings = Mapping[str, Any]
_OVER_ZONES = {"type": "spread", "field": "attribute:ecs.availability-zone"}


def check_emulated(settings: Settings) -> None:
    """Raises 501 for launch types, controllers and strategies that are not emulated."""
    if settings.get("launchType", "EC2") not in ("EC2", "MANAGED_INSTANCES"):
        raise not_emulated(f"launch type {settings['launchType']}")
    for item in settings.get("capacityProviderStrategy", []):
        if item["capacityProvider"] in FARGATE:
            raise not_emulated(f"capacity provider {item['capacityProvider']}")
    controller = settings.get("deploymentController", {}).get("type", "ECS")
    if controller != "ECS":
        raise not_emulated(f"deployment controller {controller}")


def check_capacity(cluster: Cluster, settings: Settings) -> None:
    """Raises for a launch type beside a strategy, and for providers the cluster lacks."""
    if settings.get("capacityProviderStrategy") and "launchType" in settings:
        raise invalid(
            "Specifying both a launch type and capacity provider strategy is not supported."
            " Remove one and try again."
        )
    check_strategy(settings.get("capacityProviderStrategy", []), cluster.providers)
    check_expressions(settings.get("placementConstraints", []))


def check_same_strategy(old: Settings, sent: Settings) -> None:
    """Raises for a change of the capacity provider strategy, which no running task would follow.

    The message is AWS's: https://github.com/pipe-cd/pipecd/pull/6385
    """
    name = "capacityProviderStrategy"
    if name in sent and sent[name] != old.get(name, []):
        raise invalid(
            "When switching from launch type to capacity provider strategy on an existing service,"
            " or making a change to a capacity provider strategy on a service that is already using"
            " one, you must force a new deployment."
        )


def check_network(definition: TaskDefinition, settings: Settings) -> None:
    """Raises where the network configuration does not go with the definition's network mode."""
    configured = "networkConfiguration" in settings
    if definition.spec.awsvpc and not configured:
        raise invalid(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    if configured and not definition.spec.awsvpc:
        raise invalid(
            "Network Configuration is not valid for the given networkMode of this task definition."
        )


def check_daemon(settings: Settings) -> None:
    """Raises for what a daemon has no use for."""
    if settings.get("schedulingStrategy") != "DAEMON":
        return
    if "desiredCount" in settings:
        raise invalid(
            "The daemon scheduling strategy does not support a desired count for services. Remove"
            " a desired count value and try again"
        )
    if settings.get("placementStrategy"):
        raise invalid("The daemon scheduling strategy does not support placement strategies.")


def rebalancing_problem(settings: Settings) -> str | None:
    """Why tasks of a service cannot be balanced over zones, None where they can.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
    """
    strategy = settings.get("placementStrategy") or [_OVER_ZONES]
    if settings.get("schedulingStrategy") == "DAEMON":
        return "a REPLICA service"
    if settings["deploymentConfiguration"]["maximumPercent"] <= 100:
        return "a maximumPercent above 100"
    if strategy[0].get("field") != _OVER_ZONES["field"]:
        return "a placement strategy that begins with a spread over attribute:ecs.availability-zone"
    if "ecs.availability-zone" in str(settings.get("placementConstraints", [])):
        return "no placement constraint on attribute:ecs.availability-zone"
    return None


def check_rebalancing(settings: Settings) -> None:
    """Raises where a service that cannot be balanced over zones is to be."""
    problem = rebalancing_problem(settings)
    if settings.get("availabilityZoneRebalancing") == "ENABLED" and problem is not None:
        raise invalid(f"Availability Zone rebalancing requires {problem}.")


def check_balancers(definition: TaskDefinition, settings: Settings, services: Surroundings) -> None:
    """Raises for target groups, containers and ports that do not exist."""
    containers = {one["name"]: one for one in definition.body["containerDefinitions"]}
    for balancer in settings.get("loadBalancers", []):
        arn, name = balancer.get("targetGroupArn"), balancer.get("containerName")
        if arn is None:
            raise not_emulated("classic load balancers")
        if not services.has_target_group(arn):
            raise invalid(f"The target group with targetGroupArn {arn} does not exist.")
        if name not in containers:
            raise invalid(f"The container {name} does not exist in the task definition.")
        port = balancer.get("containerPort")
        if port not in [one["containerPort"] for one in containers[name]["portMappings"]]:
            raise invalid(f"The container {name} did not have a container port {port} defined.")


def check_active(definition: TaskDefinition) -> None:
    """Raises for a revision that was deregistered."""
    if definition.status != "ACTIVE":
        raise client_error("TaskDefinition is inactive")
