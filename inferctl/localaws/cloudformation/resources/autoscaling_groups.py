"""Auto Scaling: groups of instances.

Sizes that a template leaves unchanged are never set again, which is what
``AutoScalingScheduledAction.IgnoreUnmodifiedGroupSizeProperties`` asks for.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from inferctl.localaws.cloudformation.errors import NotEmulatedError, ResourceFailedError
from inferctl.localaws.cloudformation.model import LiveResource
from inferctl.localaws.cloudformation.values import as_bool

from .base import Made, Request, ResourceType, changed_names, names
from .fit import call

# what a property that a template drops goes back to:
# docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html
_DEFAULTS: dict[str, Any] = {
    "CapacityRebalance": False,
    "Context": "",
    "Cooldown": 300,
    "DefaultInstanceWarmup": -1,
    "DesiredCapacityType": "units",
    "HealthCheckGracePeriod": 300,
    "HealthCheckType": "EC2",
    "InstanceMaintenancePolicy": {"MinHealthyPercentage": -1, "MaxHealthyPercentage": -1},
    "MaxInstanceLifetime": 0,
    "NewInstancesProtectedFromScaleIn": False,
    "TerminationPolicies": ["Default"],
}
_PLAIN = frozenset(_DEFAULTS) | names(
    "AvailabilityZones DesiredCapacity LaunchTemplate MaxSize MinSize MixedInstancesPolicy"
    " PlacementGroup VPCZoneIdentifier"
)
# nothing says what they go back to
_LASTING = names("AvailabilityZones PlacementGroup VPCZoneIdentifier")
_APART = names(
    "LifecycleHookSpecificationList MetricsCollection NotificationConfigurations"
    " Tags TargetGroupARNs"
)
# AWS waits for an hour; an instance that may go is gone at once here
_SETTLE_SECONDS = 3.0


def _settings(properties: Mapping[str, Any], wanted: frozenset[str] | set[str]) -> dict[str, Any]:
    """The ``wanted`` plain properties as members of the API."""
    found = {
        name: properties[name] if name in properties else _DEFAULTS[name]
        for name in _PLAIN & wanted
        if name in properties or name in _DEFAULTS
    }
    if "VPCZoneIdentifier" in found:
        found["VPCZoneIdentifier"] = ",".join(found["VPCZoneIdentifier"])
    if "Cooldown" in found:
        found["DefaultCooldown"] = found.pop("Cooldown")
    return found


def _tags(properties: Mapping[str, Any], group: str) -> dict[str, dict[str, Any]]:
    return {
        tag["Key"]: {
            "Key": tag["Key"],
            "Value": str(tag["Value"]),
            "PropagateAtLaunch": as_bool(tag["PropagateAtLaunch"]),
            "ResourceId": group,
            "ResourceType": "auto-scaling-group",
        }
        for tag in properties.get("Tags", [])
    }


def _topics(properties: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in properties.get("NotificationConfigurations", []):
        topics = one["TopicARN"] if isinstance(one["TopicARN"], list) else [one["TopicARN"]]
        found |= {topic: one["NotificationTypes"] for topic in topics}
    return found


def _hooks(properties: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    listed = properties.get("LifecycleHookSpecificationList", [])
    return {hook["LifecycleHookName"]: hook for hook in listed}


def _set_apart(request: Request, group: str, old: Mapping[str, Any]) -> None:
    """Bring what has calls of its own from ``old`` to the request's properties."""
    client, new = request.client("autoscaling"), request.properties
    named = {"AutoScalingGroupName": group}
    targets, wanted = old.get("TargetGroupARNs", []), new.get("TargetGroupARNs", [])
    if added := [arn for arn in wanted if arn not in targets]:
        client.attach_load_balancer_target_groups(TargetGroupARNs=added, **named)
    if gone := [arn for arn in targets if arn not in wanted]:
        client.detach_load_balancer_target_groups(TargetGroupARNs=gone, **named)
    for topic in _topics(old).keys() - _topics(new).keys():
        client.delete_notification_configuration(TopicARN=topic, **named)
    for topic, kinds in _topics(new).items():
        client.put_notification_configuration(TopicARN=topic, NotificationTypes=kinds, **named)
    for name in _hooks(old).keys() - _hooks(new).keys():
        client.delete_lifecycle_hook(LifecycleHookName=name, **named)
    for hook in _hooks(new).values():
        call(request, "autoscaling", "put_lifecycle_hook", hook, **named)
    if old.get("MetricsCollection") != new.get("MetricsCollection"):
        client.disable_metrics_collection(**named)
        for collection in new.get("MetricsCollection", []):
            call(request, "autoscaling", "enable_metrics_collection", collection, **named)


def _create(request: Request) -> Made:
    properties = request.properties
    group = properties.get("AutoScalingGroupName") or request.name(255)
    arguments = _settings(properties, properties.keys() & _PLAIN)
    if tags := _tags(properties, group):
        arguments["Tags"] = list(tags.values())
    if "ServiceLinkedRoleARN" in properties:
        arguments["ServiceLinkedRoleARN"] = properties["ServiceLinkedRoleARN"]
    call(request, "autoscaling", "create_auto_scaling_group", arguments, AutoScalingGroupName=group)
    request.announce(group)
    _set_apart(request, group, {})
    described = _describe(request, group)
    assert described is not None
    return Made(group, {"AutoScalingGroupARN": described["AutoScalingGroupARN"]})


def _update(request: Request, live: LiveResource) -> Made:
    client, group = request.client("autoscaling"), live.physical_id
    changed = changed_names(live.properties, request.properties)
    if unknown := sorted((changed & _LASTING) - request.properties.keys()):
        raise NotEmulatedError(f"taking property {request.type}.{unknown[0]} out")
    settings = _settings(request.properties, changed)
    if settings:
        named = {"AutoScalingGroupName": group}
        call(request, "autoscaling", "update_auto_scaling_group", settings, **named)
    before, after = _tags(live.properties, group), _tags(request.properties, group)
    if gone := [
        {name: before[key][name] for name in ("Key", "ResourceId", "ResourceType")}
        for key in sorted(before.keys() - after.keys())
    ]:
        client.delete_tags(Tags=gone)
    if added := [tag for key, tag in after.items() if before.get(key) != tag]:
        client.create_or_update_tags(Tags=added)
    _set_apart(request, group, live.properties)
    return Made(group, live.attributes)


def _describe(request: Request, group: str) -> dict[str, Any] | None:
    found = request.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[group]
    )["AutoScalingGroups"]
    return found[0] if found else None


def _delete(request: Request, live: LiveResource) -> None:
    """Empty the group and delete it; instances protected from scale-in stop this, as on AWS.

    Source: github.com/aws/aws-cdk/issues/18179
    """
    client, group = request.client("autoscaling"), live.physical_id
    if _describe(request, group) is None:
        return
    client.update_auto_scaling_group(
        AutoScalingGroupName=group, MinSize=0, MaxSize=0, DesiredCapacity=0
    )
    deadline = time.monotonic() + _SETTLE_SECONDS
    while left := (_describe(request, group) or {}).get("Instances"):
        if time.monotonic() > deadline:
            raise ResourceFailedError(_not_stable(left))
        time.sleep(0.1)
        # what lost its protection meanwhile may go now
        client.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=0)
    client.delete_auto_scaling_group(AutoScalingGroupName=group)


def _not_stable(left: list[dict[str, Any]]) -> str:
    text = f"Group did not stabilize. {{current/minSize/maxSize}} group size = {{{len(left)}/0/0}}."
    if all(instance["ProtectedFromScaleIn"] for instance in left):
        text += (
            " Failed Scaling Activity: Could not scale to desired capacity because all remaining"
            " instances are protected from scale-in."
        )
    return text


TYPES: dict[str, ResourceType] = {
    "AWS::AutoScaling::AutoScalingGroup": ResourceType(
        _create,
        _delete,
        _PLAIN | _APART | names("AutoScalingGroupName ServiceLinkedRoleARN"),
        update=_update,
        replace_on=names("AutoScalingGroupName ServiceLinkedRoleARN"),
    ),
}
