"""An Auto Scaling group as one call of DescribeAutoScalingGroups shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from capacity_pool.pool import Pool

# A protection cannot be changed in any other state:
# https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html
_CHANGEABLE_STATES: Final = frozenset({"InService", "EnteringStandby", "Standby"})
# https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceProtection.html
PROTECTION_BATCH: Final = 50
_NAMED: Final = 8


@dataclass(frozen=True, kw_only=True)
class Instance:
    """``state`` is the lifecycle state, such as ``InService`` or ``Terminating:Wait``."""

    instance_id: str
    state: str
    protected: bool

    @property
    def leaving(self) -> bool:
        """Whether the group is about to end it."""
        return self.state.startswith(("Terminating", "Terminated"))


@dataclass(frozen=True, kw_only=True)
class Group:
    """``deleting``: somebody has asked for the group's deletion, so that it takes no changes."""

    instances: tuple[Instance, ...]
    sizes: tuple[int, int, int]
    protects_new_instances: bool
    deleting: bool

    @property
    def empty(self) -> bool:
        """Whether no instance is left and none will be started."""
        return not self.instances and self.sizes == (0, 0, 0)

    @property
    def settled(self) -> bool:
        """Whether there is nothing to ask of the group any more, only to wait for."""
        return self.deleting or (
            self.sizes == (0, 0, 0)
            and not self.protects_new_instances
            and all(instance.leaving for instance in self.instances)
        )

    @property
    def protected_batches(self) -> tuple[tuple[str, ...], ...]:
        """Ids of the instances whose protection can be taken off, as many as one call takes."""
        ids = [
            instance.instance_id
            for instance in self.instances
            if instance.protected and instance.state in _CHANGEABLE_STATES
        ]
        return tuple(
            tuple(ids[start : start + PROTECTION_BATCH])
            for start in range(0, len(ids), PROTECTION_BATCH)
        )


def read_group(response: Mapping[str, Any]) -> Group | None:
    """The group of a DescribeAutoScalingGroups response, None where it is gone."""
    found = response["AutoScalingGroups"]
    if not found:
        return None
    (group,) = found
    return Group(
        instances=tuple(
            Instance(
                instance_id=instance["InstanceId"],
                state=instance["LifecycleState"],
                protected=instance["ProtectedFromScaleIn"],
            )
            for instance in group["Instances"]
        ),
        sizes=(group["MinSize"], group["MaxSize"], group["DesiredCapacity"]),
        protects_new_instances=group.get("NewInstancesProtectedFromScaleIn", False),
        deleting="Status" in group,
    )


def occupied_message(pool: Pool, instances: Sequence[Instance]) -> str:
    """Which instances are left, why that may be, and what to do."""
    named = ", ".join(f"{one.instance_id} ({one.state})" for one in instances[:_NAMED])
    more = f" and {len(instances) - _NAMED} more" if len(instances) > _NAMED else ""
    return (
        f"capacity pool {pool.name} still has {len(instances)}"
        f" instance{'' if len(instances) == 1 else 's'} after {pool.drain_minutes}"
        f" minute{'' if pool.drain_minutes == 1 else 's'}: {named}{more}. A task that no service"
        " of this stack owns, such as one of run-task, keeps its instance: find it with"
        f" 'aws ecs list-tasks --cluster {pool.cluster}', stop it, and delete the stack again"
    )
