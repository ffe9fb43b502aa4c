"""What ECS uses of other services: Auto Scaling groups, instances, target groups."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from botocore.exceptions import ClientError

from accelerator_catalog import EC2_INSTANCES
from inferctl.localaws import clients

from .simulator import HostType, registered_memory_mib
from .single_instances import single_instances

Target = tuple[str, int]
"""An instance's id, or an address, and the port there."""


@dataclass(frozen=True, kw_only=True)
class GroupInstance:
    """One instance in service."""

    id: str
    type: str
    zone: str
    protected: bool


@dataclass(frozen=True, kw_only=True)
class Group:
    """An Auto Scaling group; ``type`` is that of its next instance, None if it can launch none."""

    name: str
    arn: str
    minimum: int
    maximum: int
    desired: int
    protects_new: bool
    type: str | None
    zones: tuple[str, ...]
    instances: tuple[GroupInstance, ...]


class Surroundings(Protocol):
    """The other services, of one region."""

    def groups(self, names: Collection[str]) -> dict[str, Group]:
        """The groups of these names that exist."""

    def singles(self, cluster: str) -> list[GroupInstance]:
        """The instances outside any group that join this cluster by themselves."""

    def set_desired(self, group: str, size: int) -> None:
        """Grow a group."""

    def terminate(self, instance: str) -> None:
        """Take an instance out of its group, which shrinks."""

    def protect(self, group: str, instances: Sequence[str], *, protected: bool) -> None:
        """Protect instances from scale-in, or no longer."""

    def ami(self, instance: str) -> str:
        """The image of an instance."""

    def host_type(self, name: str) -> HostType:
        """An instance type as the scheduler sees it."""

    def has_target_group(self, arn: str) -> bool:
        """Whether a target group exists."""

    def in_alarm(self, alarms: Collection[str]) -> tuple[str, ...]:
        """Those of the alarms that are in ALARM."""

    def shift(self, rule: str, weights: Mapping[str, int]) -> None:
        """Give a listener rule's traffic to target groups by weight."""

    def register(self, arn: str, targets: Collection[Target]) -> None:
        """Add targets to a target group."""

    def deregister(self, arn: str, targets: Collection[Target]) -> None:
        """Take targets out of a target group, if that is still there."""


class EmbeddedServices:
    """`Surroundings` by calls to the other services of the embedded AWS."""

    def __init__(self, region: str) -> None:
        self._region = region

    def groups(self, names: Collection[str]) -> dict[str, Group]:
        """See `Surroundings`."""
        if not names:
            return {}
        pages = self._client("autoscaling").get_paginator("describe_auto_scaling_groups")
        found = pages.paginate(AutoScalingGroupNames=sorted(names)).search("AutoScalingGroups[]")
        return {item["AutoScalingGroupName"]: self._group(item) for item in found}

    def singles(self, cluster: str) -> list[GroupInstance]:
        """See `Surroundings`."""
        return [
            GroupInstance(
                id=instance["InstanceId"],
                type=instance["InstanceType"],
                zone=instance["Placement"]["AvailabilityZone"],
                protected=False,
            )
            for name, instance in single_instances(self._client("ec2"))
            if name == cluster
        ]

    def set_desired(self, group: str, size: int) -> None:
        """See `Surroundings`."""
        self._client("autoscaling").set_desired_capacity(
            AutoScalingGroupName=group, DesiredCapacity=size
        )

    def terminate(self, instance: str) -> None:
        """See `Surroundings`."""
        self._client("autoscaling").terminate_instance_in_auto_scaling_group(
            InstanceId=instance, ShouldDecrementDesiredCapacity=True
        )

    def protect(self, group: str, instances: Sequence[str], *, protected: bool) -> None:
        """See `Surroundings`."""
        self._client("autoscaling").set_instance_protection(
            AutoScalingGroupName=group,
            InstanceIds=list(instances),
            ProtectedFromScaleIn=protected,
        )

    def ami(self, instance: str) -> str:
        """See `Surroundings`."""
        found = self._client("ec2").describe_instances(InstanceIds=[instance])
        image: str = found["Reservations"][0]["Instances"][0]["ImageId"]
        return image

    def host_type(self, name: str) -> HostType:
        """See `Surroundings`; a type that the catalogue lacks is looked up at EC2."""
        known = EC2_INSTANCES.get(name)
        return HostType.of(known) if known is not None else _looked_up(name, self._region)

    def has_target_group(self, arn: str) -> bool:
        """See `Surroundings`."""
        try:
            self._client("elbv2").describe_target_groups(TargetGroupArns=[arn])
        except ClientError:
            return False
        return True

    def in_alarm(self, alarms: Collection[str]) -> tuple[str, ...]:
        """See `Surroundings`."""
        if not alarms:
            return ()
        found = self._client("cloudwatch").describe_alarms(
            AlarmNames=sorted(alarms), StateValue="ALARM"
        )
        return tuple(alarm["AlarmName"] for alarm in found["MetricAlarms"])

    def shift(self, rule: str, weights: Mapping[str, int]) -> None:
        """See `Surroundings`."""
        groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
        action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
        self._client("elbv2").modify_rule(RuleArn=rule, Actions=[action])

    def register(self, arn: str, targets: Collection[Target]) -> None:
        """See `Surroundings`."""
        self._client("elbv2").register_targets(TargetGroupArn=arn, Targets=_described(targets))

    def deregister(self, arn: str, targets: Collection[Target]) -> None:
        """See `Surroundings`."""
        if self.has_target_group(arn):
            self._client("elbv2").deregister_targets(
                TargetGroupArn=arn, Targets=_described(targets)
            )

    def _client(self, service: str) -> Any:
        return clients.client(service, self._region)

    def _group(self, item: dict[str, Any]) -> Group:
        return Group(
            name=item["AutoScalingGroupName"],
            arn=item["AutoScalingGroupARN"],
            minimum=item["MinSize"],
            maximum=item["MaxSize"],
            desired=item["DesiredCapacity"],
            protects_new=item.get("NewInstancesProtectedFromScaleIn", False),
            type=self._next_type(item),
            zones=tuple(item["AvailabilityZones"]),
            instances=tuple(
                GroupInstance(
                    id=instance["InstanceId"],
                    type=instance["InstanceType"],
                    zone=instance["AvailabilityZone"],
                    protected=instance["ProtectedFromScaleIn"],
                )
                for instance in item["Instances"]
                if instance["LifecycleState"] == "InService"
            ),
        )

    def _next_type(self, item: dict[str, Any]) -> str | None:
        """The instance type that the group launches: an override's, or its template's.

        None where the template was deleted under the group.
        """
        mixed = item.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
        template = item.get("LaunchTemplate") or mixed.get("LaunchTemplateSpecification")
        newest = item["Instances"][-1] if item["Instances"] else {}
        if newest and _version(newest.get("LaunchTemplate")) == _version(template):
            # saves a call in each round, and there are many
            present: str = newest["InstanceType"]
            return present
        for override in mixed.get("Overrides", []):
            if "InstanceType" in override:
                named: str = override["InstanceType"]
                return named
        if template is None:
            configurations = self._client("autoscaling").describe_launch_configurations(
                LaunchConfigurationNames=[item["LaunchConfigurationName"]]
            )
            configured: str = configurations["LaunchConfigurations"][0]["InstanceType"]
            return configured
        try:
            version = self._client("ec2").describe_launch_template_versions(
                LaunchTemplateId=template["LaunchTemplateId"],
                Versions=[template.get("Version", "$Default")],
            )
        except ClientError:
            return None
        launched: str = version["LaunchTemplateVersions"][0]["LaunchTemplateData"]["InstanceType"]
        return launched


def _version(template: Mapping[str, Any] | None) -> str | None:
    """Of a launch template; None for a launch configuration, which never changes."""
    return None if template is None else template.get("Version", "$Default")


@lru_cache(maxsize=64)
def _looked_up(name: str, region: str) -> HostType:
    answer = clients.client("ec2", region).describe_instance_types(InstanceTypes=[name])
    found = answer["InstanceTypes"][0]
    return HostType(
        name=name,
        vcpu=found["VCpuInfo"]["DefaultVCpus"],
        memory_mib=registered_memory_mib(found["MemoryInfo"]["SizeInMiB"] / 1024),
        enis=found["NetworkInfo"]["MaximumNetworkInterfaces"],
    )


def _described(targets: Collection[Target]) -> list[dict[str, Any]]:
    return [{"Id": identifier, "Port": port} for identifier, port in sorted(targets)]
