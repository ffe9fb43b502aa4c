"""moto's answer to PutScalingPolicy lacks the policy's ARN, because its name is misspelt.

The ARN is what a template's ``Ref`` of a scaling policy means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch


def _put_scaling_policy(original: Any) -> Callable[[Any], Any]:
    def put_scaling_policy(self: Any) -> Any:
        from moto.core.responses import ActionResult

        return ActionResult({"PolicyARN": original(self).result["PolicyArn"]})

    return put_scaling_policy


PATCHES = (
    Patch(
        "autoscaling",
        "moto.autoscaling.responses:AutoScalingResponse",
        "put_scaling_policy",
        _put_scaling_policy,
    ),
)
