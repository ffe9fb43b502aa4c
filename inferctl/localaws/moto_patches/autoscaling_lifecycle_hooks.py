"""moto answers with one made-up queue and role for every lifecycle hook.

What the hook was given is dropped. Hooks are stored here, and nothing waits for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch


def _put_lifecycle_hook(original: Any) -> Callable[[Any], Any]:
    def put_lifecycle_hook(self: Any) -> Any:
        answer = original(self)
        group = self._get_param("AutoScalingGroupName")
        name = self._get_param("LifecycleHookName")
        hook = self.autoscaling_backend.lifecycle_hooks[f"{group}_{name}"]
        hook.role_arn = self._get_param("RoleARN")
        hook.notification_target_arn = self._get_param("NotificationTargetARN")
        hook.notification_metadata = self._get_param("NotificationMetadata")
        return answer

    return put_lifecycle_hook


PATCHES = (
    Patch(
        "autoscaling",
        "moto.autoscaling.responses:AutoScalingResponse",
        "put_lifecycle_hook",
        _put_lifecycle_hook,
    ),
)
