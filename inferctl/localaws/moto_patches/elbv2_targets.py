"""moto knows one port of a target: the second registration of an instance replaces the first.

Two tasks on one host, each behind a port of its own, are two targets. Deregistering a target that
is not there succeeds:
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch

_Target = dict[str, Any]


def _key(group: Any, target: _Target) -> tuple[str, int]:
    port = target.get("Port")
    return target["Id"], int((group.port or 0) if port is None else port)


def _register(_original: Any) -> Callable[[Any, list[_Target]], None]:
    def register(self: Any, targets: list[_Target]) -> None:
        from moto.elbv2.exceptions import TargetNotRunning

        for target in targets:
            instance = self.ec2_backend.get_instance_by_id(target["Id"])
            if instance is not None and instance.state != "running":
                raise TargetNotRunning(instance_id=target["Id"])
            key = _key(self, target)
            self.targets[key] = {**target, "Port": key[1]}
            self.deregistered_targets.pop(key, None)

    return register


def _deregister(_original: Any) -> Callable[[Any, list[_Target]], None]:
    def deregister(self: Any, targets: list[_Target]) -> None:
        for target in targets:
            key = _key(self, target)
            if key in self.targets:
                self.deregistered_targets[key] = self.targets.pop(key)

    return deregister


def _deregister_terminated(_original: Any) -> Callable[[Any, list[str]], None]:
    def deregister_terminated_instances(self: Any, instance_ids: list[str]) -> None:
        for key in [key for key in self.targets if key[0] in instance_ids]:
            self.terminated_targets[key] = self.targets.pop(key)

    return deregister_terminated_instances


_STATES = {
    "stopped": ("unused", "Target.InvalidState", "Target is in the stopped state"),
    "gone": ("unused", "Target.NotRegistered", "Target is not registered to the target group"),
    "terminated": (
        "draining",
        "Target.DeregistrationInProgress",
        "Target deregistration is in progress",
    ),
}


def _health_for(_original: Any) -> Callable[[Any, _Target, Any], Any]:
    def health_for(self: Any, target: _Target, ec2_backend: Any) -> Any:
        from moto.elbv2.models import FakeHealthStatus

        key = _key(self, target)
        at = (key[0], str(key[1]), self.health_check_port)
        if key in self.targets:
            instance = ec2_backend.get_instance_by_id(key[0])
            if instance is None or instance.state != "stopped":
                return FakeHealthStatus(*at, "healthy")
            return FakeHealthStatus(*at, *_STATES["stopped"])
        return FakeHealthStatus(
            *at, *_STATES["terminated" if key in self.terminated_targets else "gone"]
        )

    return health_for


_GROUP = "moto.elbv2.models:FakeTargetGroup"
# "elb": moto serves both generations of load balancers under this name
PATCHES = (
    Patch("elb", _GROUP, "register", _register),
    Patch("elb", _GROUP, "deregister", _deregister),
    Patch("elb", _GROUP, "deregister_terminated_instances", _deregister_terminated),
    Patch("elb", _GROUP, "health_for", _health_for),
)
