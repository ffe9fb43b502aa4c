"""moto deletes an Auto Scaling group whatever still runs in it.

Instances protected from scale-in then run on without a group, and what belonged to the group stays.
AWS refuses while there are instances, unless ForceDelete is set
(docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteAutoScalingGroup.html).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch


def _delete(original: Any) -> Callable[[Any], Any]:
    def delete_auto_scaling_group(self: Any) -> Any:
        from moto.autoscaling.exceptions import AutoscalingClientError

        backend, name = self.autoscaling_backend, self._get_param("AutoScalingGroupName")
        group = backend.autoscaling_groups.get(name)
        if group is not None and group.instance_states:
            if not self._get_bool_param("ForceDelete", False):
                raise AutoscalingClientError(
                    "ResourceInUse",
                    "You cannot delete an AutoScalingGroup while there are instances or pending"
                    " Spot instance request(s) still in the group.",
                )
            for state in group.instance_states:
                state.protected_from_scale_in = False
        answer = original(self)
        for store in (backend.policies, backend.scheduled_actions, backend.lifecycle_hooks):
            for key in [k for k, item in store.items() if item.auto_scaling_group_name == name]:
                del store[key]
        return answer

    return delete_auto_scaling_group


PATCHES = (
    Patch(
        "autoscaling",
        "moto.autoscaling.responses:AutoScalingResponse",
        "delete_auto_scaling_group",
        _delete,
    ),
)
