"""moto launches the instances of an Auto Scaling group in one subnet, from the default version.

The group's own version of its launch template and the spot part of its mixed instances policy are
ignored, and odd percentages lose an instance. Here instances spread over the subnets, are spot or
on demand as the distribution says, and the first override decides their type, as moto has it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from .patch import Patch


def _set_desired_capacity(_original: Any) -> Callable[[Any, int | None], None]:
    def set_desired_capacity(self: Any, new_capacity: int | None) -> None:
        self.desired_capacity = self.min_size if new_capacity is None else new_capacity
        weight = int(_first_override(self).get("WeightedCapacity") or 1)
        wanted = math.ceil((self.desired_capacity or 0) / weight)
        missing = wanted - len(self.active_instances())
        if missing > 0:
            self.replace_autoscaling_group_instances(missing, self.get_propagated_tags())
        elif missing < 0:
            _terminate(self, _victims(self, -missing))
        backend = self.autoscaling_backend
        if self.name in backend.autoscaling_groups:
            backend.update_attached_elbs(self.name)
            backend.update_attached_target_groups(self.name)

    return set_desired_capacity


def _victims(group: Any, count: int) -> list[Any]:
    """The unprotected instances to end, from the fullest zone first.

    Source: docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
    """
    candidates = [s for s in group.active_instances() if not s.protected_from_scale_in]
    if "NewestInstance" in group.termination_policies:
        candidates.reverse()
    chosen: list[Any] = []
    zones = Counter(state.availability_zone for state in group.active_instances())
    while candidates and len(chosen) < count:
        victim = max(candidates, key=lambda state: zones[state.availability_zone])
        candidates.remove(victim)
        zones[victim.availability_zone] -= 1
        chosen.append(victim)
    return chosen


def _terminate(group: Any, victims: list[Any]) -> None:
    if not victims:
        return
    ids = [state.instance.id for state in victims]
    group.instance_states = [s for s in group.instance_states if s not in victims]
    backend = group.autoscaling_backend
    backend.ec2_backend.terminate_instances(ids)
    backend.elbv2_backend.notify_terminate_instances(ids)


def _launch(_original: Any) -> Callable[[Any, int, dict[str, str]], None]:
    def replace_autoscaling_group_instances(
        self: Any, count_needed: int, propagated_tags: dict[str, str]
    ) -> None:
        from moto.autoscaling.models import InstanceState

        for _ in range(count_needed):
            instance = _run(self, propagated_tags)
            instance.autoscaling_group = self
            state: Any = InstanceState(
                instance, protected_from_scale_in=self.new_instances_protected_from_scale_in
            )
            if self.ec2_launch_template is not None:
                state.launched_from = _launched_from(self)
            state.weighted_capacity = _first_override(self).get("WeightedCapacity")
            self.instance_states.append(state)

    return replace_autoscaling_group_instances


def _run(group: Any, propagated_tags: Mapping[str, str]) -> Any:
    from moto.autoscaling.models import ASG_NAME_TAG

    template = _launched_from(group) if group.ec2_launch_template is not None else None
    configuration = group.launch_config
    # tags of the group win over those of the launch template:
    # docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html
    tags = {**group.instance_tags, **propagated_tags, ASG_NAME_TAG: group.name}
    reservation = group.autoscaling_backend.ec2_backend.run_instances(
        group.image_id,
        1,
        group.user_data,
        group.security_groups,
        instance_type=_first_override(group).get("InstanceType") or group.instance_type,
        tags={"instance": tags},
        placement=_emptiest(group, group.availability_zones, "availability_zone"),
        launch_config=configuration,
        launch_template=template,
        is_instance_type_default=False,
        associate_public_ip=configuration.associate_public_ip_address if configuration else None,
        subnet_id=_emptiest(group, (group.vpc_zone_identifier or "").split(","), "subnet_id"),
        instance_market_options="spot" if _is_spot(group) else None,
    )
    return reservation.instances[0]


def _emptiest(group: Any, places: list[str], attribute: str) -> str | None:
    """The subnet or zone with the fewest instances of the group."""
    used = Counter(
        getattr(state if attribute == "availability_zone" else state.instance, attribute)
        for state in group.instance_states
    )
    return min((place for place in places if place), key=lambda place: used[place], default=None)


def _is_spot(group: Any) -> bool:
    """Whether the next instance is a spot one.

    Source: docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstancesDistribution.html
    """
    if not group.mixed_instances_policy:
        return False
    distribution = group.mixed_instances_policy.get("InstancesDistribution", {})
    base = int(distribution.get("OnDemandBaseCapacity") or 0)
    percent = distribution.get("OnDemandPercentageAboveBaseCapacity")
    weight = int(_first_override(group).get("WeightedCapacity") or 1)
    active = group.active_instances()
    above = max((len(active) + 1) * weight - base, 0)
    on_demand = base + math.ceil(above * (100 if percent is None else int(percent)) / 100)
    have = weight * sum(state.instance.lifecycle != "spot" for state in active)
    return bool(have >= on_demand)


def _first_override(group: Any) -> dict[str, Any]:
    template = (group.mixed_instances_policy or {}).get("LaunchTemplate", {})
    overrides = template.get("Overrides") or [{}]
    first: dict[str, Any] = overrides[0]
    return first


def _launched_from(group: Any) -> dict[str, str]:
    template = group.ec2_launch_template
    version = template.get_version(group.launch_template_version)
    return {"LaunchTemplateId": template.id, "Version": str(version.number)}


def _instance_template(original: Any) -> property:
    def launch_template(self: Any) -> Any:
        if not hasattr(self, "launched_from"):
            return original.fget(self)
        name = self.auto_scaling_group.ec2_launch_template.name
        return {**self.launched_from, "LaunchTemplateName": name}

    return property(launch_template)


_GROUP = "moto.autoscaling.models:FakeAutoScalingGroup"
_STATE = "moto.autoscaling.models:InstanceState"
PATCHES = (
    Patch("autoscaling", _GROUP, "set_desired_capacity", _set_desired_capacity),
    Patch("autoscaling", _GROUP, "replace_autoscaling_group_instances", _launch),
    Patch("autoscaling", _STATE, "launch_template", _instance_template),
)
