"""moto's rules send events to logs, queues and buses, and fail for Lambda functions.

A target's ``Input`` takes the place of the event:
docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import copy
from typing import Any

from inferctl.localaws import clients

from .patch import Patch


def _send(original: Any) -> Callable[..., None]:
    def send_to_targets(self: Any, original_event: Any, *more: Any, **named: Any) -> None:
        others = copy(self)
        others.targets = [target for target in self.targets if not _is_function(target)]
        original(others, original_event, *more, **named)
        if self.state != "ENABLED" or not self.event_pattern.matches_event(original_event):
            return
        for target in self.targets:
            if _is_function(target):
                payload = target.get("Input") or json.dumps(original_event)
                clients.client("lambda", self.region_name).invoke(
                    FunctionName=target["Arn"], InvocationType="Event", Payload=payload.encode()
                )

    return send_to_targets


def _is_function(target: dict[str, Any]) -> bool:
    return bool(target["Arn"].split(":")[2] == "lambda")


PATCHES = (Patch("events", "moto.events.models:Rule", "send_to_targets", _send),)
