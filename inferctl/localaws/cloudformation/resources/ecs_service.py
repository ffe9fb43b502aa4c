"""ECS services; one that does not come to rest fails with the reason of ECS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inferctl.localaws.cloudformation.errors import ResourceFailedError
from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, names, without
from .ecs import tag
from .fit import call
from .table import change_tags

_CREATE_ONLY = names("Cluster Role SchedulingStrategy ServiceName")
# what was left out of an update goes back to what it is without
_UNSET: Mapping[str, Any] = {
    "LoadBalancers": [],
    "PlacementConstraints": [],
    "PlacementStrategies": [],
    "ServiceRegistries": [],
    "CapacityProviderStrategy": [],
    "EnableECSManagedTags": False,
    "EnableExecuteCommand": False,
    "PropagateTags": "NONE",
}


def _arguments(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties in the API's words."""
    given = without(properties, "ForceNewDeployment", "PlacementStrategies", "Tags")
    if "PlacementStrategies" in properties:
        given["PlacementStrategy"] = properties["PlacementStrategies"]
    return given


def _create(request: Request) -> Made:
    name = request.properties.get("ServiceName") or request.name(255)
    arguments = {**_arguments(request.properties), "ServiceName": name}
    if request.properties.get("SchedulingStrategy") != "DAEMON":
        arguments.setdefault("DesiredCount", 1)
    if "Tags" in request.properties:
        arguments["Tags"] = request.properties["Tags"]
    service = call(request, "ecs", "create_service", arguments)["service"]
    request.announce(service["serviceArn"])
    _check_steady(request, service["serviceArn"], service["deployments"][0]["id"])
    return Made(service["serviceArn"], {"Name": name, "ServiceArn": service["serviceArn"]})


def _update(request: Request, live: LiveResource) -> Made:
    unset = {
        key: value
        for key, value in _UNSET.items()
        if key in live.properties and key not in request.properties
    }
    arguments = without(_arguments({**unset, **request.properties}), *_CREATE_ONLY, "LaunchType")
    forced = request.properties.get("ForceNewDeployment", {})
    if forced != live.properties.get("ForceNewDeployment", {}):
        arguments["ForceNewDeployment"] = forced.get("EnableForceNewDeployment", False)
    strategy = "CapacityProviderStrategy"
    if request.properties.get(strategy, []) != live.properties.get(strategy, []):
        # ECS changes it with a new deployment only
        arguments["ForceNewDeployment"] = True
    arguments |= {"Service": live.physical_id, "Cluster": _cluster(request.properties)}
    service = call(request, "ecs", "update_service", arguments)["service"]
    change_tags(tag, request, live.physical_id, live.properties)
    _check_steady(request, live.physical_id, service["deployments"][0]["id"])
    return Made(live.physical_id, live.attributes)


def _check_steady(request: Request, arn: str, deployment: str) -> None:
    """Raises the reason for which the service is not at rest, or its deployment failed.

    AWS says it after three hours, but for the circuit breaker, which it waits for.
    """
    service = request.client("ecs").describe_services(
        cluster=_cluster(request.properties), services=[arn]
    )["services"][0]
    primary = service["deployments"][0]
    if primary["id"] != deployment or primary["rolloutState"] == "FAILED":
        raise ResourceFailedError(
            f"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered': "
            f"{primary['rolloutStateReason']}"
        )
    if len(service["deployments"]) > 1 or service["runningCount"] != service["desiredCount"]:
        raise ResourceFailedError(
            f"the service does not stabilize: {service['events'][0]['message']}"
        )


def _cluster(properties: Mapping[str, Any]) -> str:
    return str(properties.get("Cluster", "default"))


def _delete(request: Request, live: LiveResource) -> None:
    request.client("ecs").delete_service(
        cluster=_cluster(live.properties), service=live.physical_id, force=True
    )


TYPES: dict[str, ResourceType] = {
    "AWS::ECS::Service": ResourceType(
        _create,
        _delete,
        _CREATE_ONLY
        | names(
            "AvailabilityZoneRebalancing CapacityProviderStrategy DeploymentConfiguration"
            " DeploymentController DesiredCount EnableECSManagedTags EnableExecuteCommand"
            " ForceNewDeployment HealthCheckGracePeriodSeconds LaunchType LoadBalancers"
            " NetworkConfiguration PlacementConstraints PlacementStrategies PlatformVersion"
            " PropagateTags ServiceConnectConfiguration ServiceRegistries Tags TaskDefinition"
            " VolumeConfigurations VpcLatticeConfigurations"
        ),
        update=_update,
        replace_on=_CREATE_ONLY | names("LaunchType"),
    ),
}
