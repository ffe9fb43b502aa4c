"""Elastic Load Balancing: target groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inferctl.localaws.cloudformation.errors import NotEmulatedError
from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, changed_names, names, without
from .elbv2_load_balancers import changed_attributes, short_name, tag_balancing
from .fit import call
from .table import change_tags

_HEALTH = names(
    "HealthCheckEnabled HealthCheckIntervalSeconds HealthCheckPath HealthCheckPort"
    " HealthCheckProtocol HealthCheckTimeoutSeconds HealthyThresholdCount Matcher"
    " UnhealthyThresholdCount"
)
_FIXED = names("IpAddressType Name Port Protocol ProtocolVersion TargetType VpcId")
# docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
_HEALTH_DEFAULTS: dict[str, Any] = {
    "HealthCheckEnabled": True,
    "HealthCheckIntervalSeconds": 30,
    "HealthCheckPort": "traffic-port",
    "HealthyThresholdCount": 5,
    "UnhealthyThresholdCount": 2,
}
# docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
_DEFAULT_ATTRIBUTES = {
    "deregistration_delay.connection_termination.enabled": "false",
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "slow_start.duration_seconds": "0",
    "stickiness.enabled": "false",
}


def _set_attributes(request: Request, arn: str, old: Mapping[str, Any]) -> None:
    changes = changed_attributes(
        old, request.properties, "TargetGroupAttributes", _DEFAULT_ATTRIBUTES
    )
    if changes:
        request.client("elbv2").modify_target_group_attributes(
            TargetGroupArn=arn, Attributes=changes
        )


def _set_targets(request: Request, arn: str, old: list[Any]) -> None:
    new = request.properties.get("Targets", [])
    named = {"TargetGroupArn": arn}
    if gone := [target for target in old if target not in new]:
        call(request, "elbv2", "deregister_targets", {"Targets": gone}, **named)
    if added := [target for target in new if target not in old]:
        call(request, "elbv2", "register_targets", {"Targets": added}, **named)


def _create(request: Request) -> Made:
    arguments = without(request.properties, "Tags", "TargetGroupAttributes", "Targets")
    arguments.setdefault("Name", short_name(request))
    group = call(request, "elbv2", "create_target_group", arguments)["TargetGroups"][0]
    arn = group["TargetGroupArn"]
    request.announce(arn)
    _set_attributes(request, arn, {})
    _set_targets(request, arn, [])
    change_tags(tag_balancing, request, arn, {})
    return Made(
        arn,
        {
            "TargetGroupArn": arn,
            "TargetGroupName": group["TargetGroupName"],
            "TargetGroupFullName": arn.rpartition(":")[2],
        },
    )


def _update(request: Request, live: LiveResource) -> Made:
    arn, properties = live.physical_id, request.properties
    changed = changed_names(live.properties, properties) & _HEALTH
    unknown = sorted(changed - properties.keys() - _HEALTH_DEFAULTS.keys())
    if unknown:
        raise NotEmulatedError(f"taking property {request.type}.{unknown[0]} out")
    if changed:
        health = {name: properties.get(name, _HEALTH_DEFAULTS.get(name)) for name in changed}
        call(request, "elbv2", "modify_target_group", health, TargetGroupArn=arn)
    _set_attributes(request, arn, live.properties)
    _set_targets(request, arn, live.properties.get("Targets", []))
    change_tags(tag_balancing, request, arn, live.properties)
    return Made(arn, live.attributes)


def _delete(request: Request, live: LiveResource) -> None:
    request.client("elbv2").delete_target_group(TargetGroupArn=live.physical_id)


TYPES: dict[str, ResourceType] = {
    "AWS::ElasticLoadBalancingV2::TargetGroup": ResourceType(
        _create,
        _delete,
        _HEALTH | _FIXED | names("Tags TargetGroupAttributes Targets"),
        update=_update,
        replace_on=_FIXED,
    ),
}
