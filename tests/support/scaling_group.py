"""A group of Auto Scaling that the handlers empty, and the framework that calls them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from capacity_pool.handler import is_complete, on_event
from tests.support.waiting_tasks import PROVIDER, FakeTasks

PROPERTIES = {
    "ServiceToken": "arn",
    "Pool": "inf2",
    "Cluster": "fleet",
    "CapacityProvider": PROVIDER,
    "GroupName": "group",
    "DrainMinutes": "30",
}


def refusal(code: str, call: str, message: str = "no") -> ClientError:
    """What botocore raises for an error of the API."""
    return ClientError({"Error": {"Code": code, "Message": message}}, call)


@dataclass
class FakeInstance:
    protected: bool = True
    state: str = "InService"


@dataclass
class FakeGroup:
    """An Auto Scaling group that ends instances once they are unprotected and unwanted.

    ``steps_to_end``: for how many looks an instance stays in ``Terminating:Wait``; an instance
    that a task holds stays for ever. ``errors``: raised by the next calls of that name, in order.
    """

    instances: dict[str, FakeInstance] = field(default_factory=dict[str, FakeInstance])
    sizes: tuple[int, int, int] = (1, 4, 2)
    protects_new_instances: bool = True
    exists: bool = True
    status: str | None = None
    held: set[str] = field(default_factory=set[str])
    steps_to_end: int = 1
    errors: dict[str, list[Exception]] = field(default_factory=dict[str, list[Exception]])
    calls: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])
    _waited: dict[str, int] = field(default_factory=dict[str, int])

    def named(self, call: str) -> list[Any]:
        return [detail for name, detail in self.calls if name == call]

    def describe_auto_scaling_groups(
        self, *, AutoScalingGroupNames: Sequence[str]
    ) -> Mapping[str, Any]:
        self._enter("DescribeAutoScalingGroups", tuple(AutoScalingGroupNames))
        if not self.exists:
            return {"AutoScalingGroups": []}
        self._pass_time()
        group: dict[str, Any] = {
            "MinSize": self.sizes[0],
            "MaxSize": self.sizes[1],
            "DesiredCapacity": self.sizes[2],
            "NewInstancesProtectedFromScaleIn": self.protects_new_instances,
            "Instances": [
                {
                    "InstanceId": name,
                    "LifecycleState": instance.state,
                    "ProtectedFromScaleIn": instance.protected,
                }
                for name, instance in self.instances.items()
            ],
        }
        if self.status is not None:
            group["Status"] = self.status
        return {"AutoScalingGroups": [group]}

    def set_instance_protection(
        self, *, AutoScalingGroupName: str, InstanceIds: Sequence[str], ProtectedFromScaleIn: bool
    ) -> Mapping[str, Any]:
        self._enter("SetInstanceProtection", tuple(InstanceIds))
        assert AutoScalingGroupName == "group"
        if len(InstanceIds) > 50:
            raise refusal("ValidationError", "SetInstanceProtection", "at most 50 instances")
        for name in InstanceIds:
            if self.instances[name].state not in ("InService", "Standby"):
                raise refusal("ValidationError", "SetInstanceProtection", f"{name} is leaving")
        for name in InstanceIds:
            self.instances[name].protected = ProtectedFromScaleIn
        return {}

    def update_auto_scaling_group(
        self,
        *,
        AutoScalingGroupName: str,
        MinSize: int,
        MaxSize: int,
        DesiredCapacity: int,
        NewInstancesProtectedFromScaleIn: bool,
    ) -> object:
        self._enter("UpdateAutoScalingGroup", (MinSize, MaxSize, DesiredCapacity))
        assert AutoScalingGroupName == "group"
        self.sizes = (MinSize, MaxSize, DesiredCapacity)
        self.protects_new_instances = NewInstancesProtectedFromScaleIn
        # as the real one does: what is protected in this moment stays
        for instance in self.instances.values():
            if not instance.protected and instance.state == "InService":
                instance.state = "Terminating:Wait"
        return None

    def _enter(self, call: str, detail: Any) -> None:
        self.calls.append((call, detail))
        waiting = self.errors.get(call)
        if waiting:
            raise waiting.pop(0)

    def _pass_time(self) -> None:
        for name in [*self.instances]:
            if self.instances[name].state == "Terminating:Wait" and name not in self.held:
                self._waited[name] = self._waited.get(name, 0) + 1
                if self._waited[name] > self.steps_to_end:
                    del self.instances[name]


class FakeContext:
    log_group_name = "logs"
    log_stream_name = "stream"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@dataclass
class Framework:
    """Calls the handlers the way the CDK's Provider framework does; a step takes a minute."""

    group: FakeGroup
    tasks: FakeTasks = field(default_factory=FakeTasks)
    now: datetime = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def event(self, kind: str, **changed: Any) -> dict[str, object]:
        event: dict[str, object] = {
            "RequestType": kind,
            "RequestId": "request",
            "StackId": "stack",
            "LogicalResourceId": "Drain",
            "ResourceProperties": PROPERTIES,
        }
        if kind != "Create":
            event["PhysicalResourceId"] = "group"
        return event | changed

    def start(self, event: dict[str, object]) -> dict[str, object]:
        """`on_event`, merged into the event as `is_complete` gets it."""
        return event | dict(on_event(event, FakeContext(), now=lambda: self.now))

    def step(self, event: dict[str, object]) -> bool:
        done = is_complete(
            event, FakeContext(), client=self.group, ecs=self.tasks, now=lambda: self.now
        )
        self.now += timedelta(minutes=1)
        return done["IsComplete"]

    def finish(self, event: dict[str, object]) -> int:
        """Steps until it is complete."""
        started = self.start(event)
        steps = 1
        while not self.step(started):
            steps += 1
        return steps
