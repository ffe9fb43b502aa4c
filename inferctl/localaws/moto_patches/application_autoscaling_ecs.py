"""moto's Application Auto Scaling asks moto's own ECS, which is not the one that answers here.

Every service would be unknown to it. It also makes alarms on CPU use whatever a policy tracks, and
leaves the old ones behind at each change of the policy; nothing evaluates alarms here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from inferctl.localaws import clients

from .patch import Patch


def _service_exists(_original: Any) -> Callable[[Any, str], bool]:
    def ecs_service_exists_for_target(self: Any, resource_id: str) -> bool:
        from moto.applicationautoscaling.exceptions import AWSValidationException

        _, cluster, service = resource_id.split("/")
        try:
            found = clients.client("ecs", self.region_name).describe_services(
                cluster=cluster, services=[service]
            )["services"]
        except ClientError:
            found = []
        if not any(item["status"] != "INACTIVE" for item in found):
            raise AWSValidationException(f"ECS service doesn't exist: {resource_id}")
        return True

    return ecs_service_exists_for_target


def _no_alarms(_original: Any) -> Callable[[Any], list[Any]]:
    def generate_ecs_alarms(_self: Any) -> list[Any]:
        return []

    return generate_ecs_alarms


_MODELS = "moto.applicationautoscaling.models"
_BACKEND = f"{_MODELS}:ApplicationAutoscalingBackend"
_POLICY = f"{_MODELS}:FakeApplicationAutoscalingPolicy"
PATCHES = (
    Patch("applicationautoscaling", _BACKEND, "_ecs_service_exists_for_target", _service_exists),
    Patch("applicationautoscaling", _POLICY, "_generate_ecs_alarms", _no_alarms),
)
