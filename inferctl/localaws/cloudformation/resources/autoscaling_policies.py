"""Auto Scaling: scaling policies, scheduled actions and lifecycle hooks of groups."""

from __future__ import annotations

from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, names, without
from .fit import call

_POLICY = names(
    "AdjustmentType AutoScalingGroupName Cooldown EstimatedInstanceWarmup MetricAggregationType"
    " MinAdjustmentMagnitude PolicyType PredictiveScalingConfiguration ScalingAdjustment"
    " StepAdjustments TargetTrackingConfiguration"
)
_ACTION = names(
    "AutoScalingGroupName DesiredCapacity EndTime MaxSize MinSize Recurrence StartTime TimeZone"
)
_HOOK = names(
    "AutoScalingGroupName DefaultResult HeartbeatTimeout LifecycleHookName LifecycleTransition"
    " NotificationMetadata NotificationTargetARN RoleARN"
)


def _put_policy(request: Request, name: str) -> Made:
    answer = call(request, "autoscaling", "put_scaling_policy", request.properties, PolicyName=name)
    return Made(answer["PolicyARN"], {"Arn": answer["PolicyARN"], "PolicyName": name})


def _create_policy(request: Request) -> Made:
    return _put_policy(request, request.name(255))


def _update_policy(request: Request, live: LiveResource) -> Made:
    return _put_policy(request, live.attributes["PolicyName"])


def _delete_policy(request: Request, live: LiveResource) -> None:
    request.client("autoscaling").delete_policy(
        AutoScalingGroupName=live.properties["AutoScalingGroupName"],
        PolicyName=live.attributes["PolicyName"],
    )


def _put_action(request: Request, name: str) -> Made:
    method = "put_scheduled_update_group_action"
    call(request, "autoscaling", method, request.properties, ScheduledActionName=name)
    return Made(name, {"ScheduledActionName": name})


def _create_action(request: Request) -> Made:
    return _put_action(request, request.name(255))


def _update_action(request: Request, live: LiveResource) -> Made:
    return _put_action(request, live.physical_id)


def _delete_action(request: Request, live: LiveResource) -> None:
    request.client("autoscaling").delete_scheduled_action(
        AutoScalingGroupName=live.properties["AutoScalingGroupName"],
        ScheduledActionName=live.physical_id,
    )


def _put_hook(request: Request, name: str) -> Made:
    arguments = without(request.properties, "LifecycleHookName")
    call(request, "autoscaling", "put_lifecycle_hook", arguments, LifecycleHookName=name)
    return Made(name)


def _create_hook(request: Request) -> Made:
    return _put_hook(request, request.properties.get("LifecycleHookName") or request.name(255))


def _update_hook(request: Request, live: LiveResource) -> Made:
    return _put_hook(request, live.physical_id)


def _delete_hook(request: Request, live: LiveResource) -> None:
    request.client("autoscaling").delete_lifecycle_hook(
        AutoScalingGroupName=live.properties["AutoScalingGroupName"],
        LifecycleHookName=live.physical_id,
    )


TYPES: dict[str, ResourceType] = {
    "AWS::AutoScaling::ScalingPolicy": ResourceType(
        _create_policy,
        _delete_policy,
        _POLICY,
        update=_update_policy,
        replace_on=names("AutoScalingGroupName"),
    ),
    "AWS::AutoScaling::ScheduledAction": ResourceType(
        _create_action,
        _delete_action,
        _ACTION,
        update=_update_action,
        replace_on=names("AutoScalingGroupName"),
    ),
    "AWS::AutoScaling::LifecycleHook": ResourceType(
        _create_hook,
        _delete_hook,
        _HOOK,
        update=_update_hook,
        replace_on=names("AutoScalingGroupName LifecycleHookName"),
    ),
}
