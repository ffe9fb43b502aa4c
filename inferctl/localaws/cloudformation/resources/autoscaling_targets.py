"""Application Auto Scaling: scalable targets with their schedules, scaling policies."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from inferctl.localaws.cloudformation.errors import NotEmulatedError
from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, names, unless_gone, without
from .fit import call
from .table import tag_map

_KEYS = ("ServiceNamespace", "ResourceId", "ScalableDimension")
_TARGET_CONFIGURATION = "TargetTrackingScalingPolicyConfiguration"
_STEP_CONFIGURATION = "StepScalingPolicyConfiguration"


def _key(properties: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(properties[name]) for name in _KEYS}


def _target_id(properties: Mapping[str, Any]) -> str:
    """``ResourceId|ScalableDimension|ServiceNamespace``, the ``Ref`` of a scalable target."""
    return "|".join(
        str(properties[name]) for name in ("ResourceId", "ScalableDimension", "ServiceNamespace")
    )


def _schedules(properties: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["ScheduledActionName"]: item for item in properties.get("ScheduledActions", [])}


def _register(request: Request, old: Mapping[str, Any]) -> Made:
    key = _key(request.properties)
    tags, old_tags = tag_map(request.properties.get("Tags")), tag_map(old.get("Tags"))
    if old and tags != old_tags:
        # moto lacks TagResource of this service
        raise NotEmulatedError(f"a change of property {request.type}.Tags")
    arguments = without(request.properties, "ScheduledActions", "Tags")
    if tags and not old:
        arguments["Tags"] = tags
    answer = call(request, "application-autoscaling", "register_scalable_target", arguments)
    target_id = _target_id(request.properties)
    request.announce(target_id)
    before, after = _schedules(old), _schedules(request.properties)
    client = request.client("application-autoscaling")
    for name in before.keys() - after.keys():
        unless_gone(partial(client.delete_scheduled_action, ScheduledActionName=name, **key))
    for name, action in after.items():
        if before.get(name) != action:
            call(request, "application-autoscaling", "put_scheduled_action", action, **key)
    return Made(target_id, {"Id": target_id, "ScalableTargetARN": answer["ScalableTargetARN"]})


def _create_target(request: Request) -> Made:
    return _register(request, {})


def _update_target(request: Request, live: LiveResource) -> Made:
    return _register(request, live.properties)


def _delete_target(request: Request, live: LiveResource) -> None:
    client, key = request.client("application-autoscaling"), _key(live.properties)
    for name in _schedules(live.properties):
        unless_gone(partial(client.delete_scheduled_action, ScheduledActionName=name, **key))
    client.deregister_scalable_target(**key)


def _policy_key(properties: Mapping[str, Any]) -> dict[str, str]:
    if "ScalingTargetId" not in properties:
        return _key(properties)
    resource, dimension, namespace = str(properties["ScalingTargetId"]).split("|")
    return {
        "ServiceNamespace": namespace,
        "ResourceId": resource,
        "ScalableDimension": dimension,
    }


def _put_policy(request: Request) -> Made:
    arguments = without(request.properties, "ScalingTargetId", *_KEYS)
    arguments |= _policy_key(request.properties)
    answer = call(request, "application-autoscaling", "put_scaling_policy", arguments)
    return Made(answer["PolicyARN"], {"Arn": answer["PolicyARN"]})


def _update_policy(request: Request, live: LiveResource) -> Made:
    return Made(live.physical_id, _put_policy(request).attributes)


def _delete_policy(request: Request, live: LiveResource) -> None:
    request.client("application-autoscaling").delete_scaling_policy(
        PolicyName=live.properties["PolicyName"], **_policy_key(live.properties)
    )


TYPES: dict[str, ResourceType] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": ResourceType(
        _create_target,
        _delete_target,
        names("MaxCapacity MinCapacity RoleARN ScheduledActions SuspendedState Tags")
        | frozenset(_KEYS),
        update=_update_target,
        replace_on=frozenset(_KEYS),
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ResourceType(
        _put_policy,
        _delete_policy,
        names("PolicyName PolicyType ScalingTargetId")
        | frozenset({_TARGET_CONFIGURATION, _STEP_CONFIGURATION, *_KEYS}),
        update=_update_policy,
        replace_on=names("PolicyName ScalingTargetId") | frozenset(_KEYS),
    ),
}
