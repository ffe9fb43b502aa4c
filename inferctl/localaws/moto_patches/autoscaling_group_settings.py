"""moto drops most settings of an Auto Scaling group, and loses its mixed instances on an update.

Kept are only those of its own list: an update that changes the sizes alone takes the mixed
instances policy away, one that changes cooldowns or termination policies does nothing, and a
desired capacity beyond the limits is accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch

_KEPT = (
    "CapacityRebalance",
    "Context",
    "DefaultCooldown",
    "DefaultInstanceWarmup",
    "DesiredCapacityType",
    "InstanceMaintenancePolicy",
    "MaxInstanceLifetime",
    "PlacementGroup",
    "ServiceLinkedRoleARN",
    "TerminationPolicies",
)


def _keep(response: Any) -> None:
    from botocore import xform_name

    given = response._get_params()
    name = given["AutoScalingGroupName"]
    group = response.autoscaling_backend.autoscaling_groups[name]
    for member in _KEPT:
        if member in given:
            setattr(group, xform_name(member), given[member])


def _keeping(original: Any) -> Callable[[Any], Any]:
    def changed(self: Any) -> Any:
        answer = original(self)
        _keep(self)
        return answer

    return changed


def _update(original: Any) -> Callable[..., None]:
    def update(self: Any, **given: Any) -> None:
        is_launched_otherwise = given["launch_template"] or given["launch_config_name"]
        if given.get("mixed_instances_policy") is None and not is_launched_otherwise:
            given["mixed_instances_policy"] = _again(self.mixed_instances_policy)
        low = self.min_size if given["min_size"] is None else given["min_size"]
        high = self.max_size if given["max_size"] is None else given["max_size"]
        wanted = given["desired_capacity"]
        if wanted is None:
            given["desired_capacity"] = min(max(self.desired_capacity or 0, low), high)
        elif not low <= wanted <= high:
            _refuse(
                f"Desired capacity:{wanted} must be between the specified min size:{low}"
                f" and max size:{high}"
            )
        original(self, **given)

    return update


def _again(policy: dict[str, Any] | None) -> dict[str, Any] | None:
    """The policy as a request may say it: its launch template by id, not by name as well."""
    if not policy:
        return None
    template = policy["LaunchTemplate"]
    named = template["LaunchTemplateSpecification"]
    by_id = {name: value for name, value in named.items() if name != "LaunchTemplateName"}
    return {**policy, "LaunchTemplate": {**template, "LaunchTemplateSpecification": by_id}}


def _set_desired_capacity(original: Any) -> Callable[[Any], Any]:
    def set_desired_capacity(self: Any) -> Any:
        wanted = self._get_int_param("DesiredCapacity")
        group = self.autoscaling_backend.autoscaling_groups.get(
            self._get_param("AutoScalingGroupName")
        )
        if group is None:
            _refuse("AutoScalingGroup name not found - null")
        if wanted > group.max_size:
            _refuse(
                f"New SetDesiredCapacity value {wanted} is above max value {group.max_size}"
                " for the AutoScalingGroup."
            )
        if wanted < group.min_size:
            _refuse(
                f"New SetDesiredCapacity value {wanted} is below min value {group.min_size}"
                " for the AutoScalingGroup."
            )
        return original(self)

    return set_desired_capacity


def _refuse(message: str) -> None:
    from moto.autoscaling.exceptions import ValidationError

    raise ValidationError(message)


def _launch_template(original: Any) -> property:
    def launch_template(self: Any) -> Any:
        # a group has one or the other
        return None if self.mixed_instances_policy else original.fget(self)

    return property(launch_template)


_RESPONSE = "moto.autoscaling.responses:AutoScalingResponse"
_GROUP = "moto.autoscaling.models:FakeAutoScalingGroup"
PATCHES = (
    Patch("autoscaling", _RESPONSE, "create_auto_scaling_group", _keeping),
    Patch("autoscaling", _RESPONSE, "update_auto_scaling_group", _keeping),
    Patch("autoscaling", _RESPONSE, "set_desired_capacity", _set_desired_capacity),
    Patch("autoscaling", _GROUP, "update", _update),
    Patch("autoscaling", _GROUP, "launch_template", _launch_template),
)
