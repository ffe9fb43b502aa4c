"""moto makes a new alarm, in state OK, of one that PutMetricAlarm changes.

AWS leaves the state as it is: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/
API_PutMetricAlarm.html. What watches an alarm would otherwise never see it fire across a change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch

_KEPT = ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp")


def _keep_state(original: Any) -> Callable[..., Any]:
    def put_metric_alarm(self: Any, name: str, *more: Any, **named: Any) -> Any:
        before = self.alarms.get(name)
        alarm = original(self, name, *more, **named)
        if before is not None:
            for attribute in _KEPT:
                setattr(alarm, attribute, getattr(before, attribute))
        return alarm

    return put_metric_alarm


PATCHES = (
    Patch(
        "cloudwatch",
        "moto.cloudwatch.models:CloudWatchBackend",
        "put_metric_alarm",
        _keep_state,
    ),
)
