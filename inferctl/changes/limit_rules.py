"""Numbers that protect something by being large or by being small: one row a setting."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inferctl.changes.comparison import finding
from inferctl.changes.finding import Finding
from inferctl.changes.resource_changes import ResourceChange
from inferctl.changes.safeguard_rule import resource_values
from inferctl.preflight.templates import number

_GUARD = "DeploymentConfig/BlueGreenUpdatePolicy"
_ROUTING = f"{_GUARD}/TrafficRoutingConfiguration"
_BATCH = "DeploymentConfig/RollingUpdatePolicy/MaximumBatchSize/Value"
_ECS = "DeploymentConfiguration"
_DRAIN = "TargetGroupAttributes/deregistration_delay.timeout_seconds"
_ROLLING = ".UpdatePolicy/AutoScalingRollingUpdate"
_TARGET = "TargetTrackingScalingPolicyConfiguration/TargetValue"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """``more`` says that more is worse; ``absent`` is what stands for a number that is not there.

    Without it a number counts where both sides have it. A change of the sum over every value at
    ``path`` is told, as in `SafeguardRule`.
    """

    path: str
    absent: float | None
    text: str
    kind: str = "protection"
    more: bool = False


LIMITS: Mapping[str, tuple[Limit, ...]] = {
    "AWS::Logs::LogGroup": (
        Limit(path="RetentionInDays", absent=math.inf, text="keeps logs for {new} days, not {old}"),
    ),
    "AWS::KMS::Key": (
        Limit(
            path="PendingWindowInDays",
            absent=30,
            text="is deleted {new} days after its end, not {old}",
        ),
        Limit(
            path="RotationPeriodInDays",
            absent=365,
            text="is rotated every {new} days, not every {old}",
            more=True,
        ),
    ),
    "AWS::SQS::Queue": (
        Limit(
            path="MessageRetentionPeriod", absent=345600, text="keeps messages {new} s, not {old}"
        ),
    ),
    "AWS::IAM::Role": (
        Limit(
            path="MaxSessionDuration",
            absent=3600,
            text="may be held for {new} s at a time, not {old}",
            kind="iam",
            more=True,
        ),
    ),
    "Custom::CapacityPool": (
        Limit(path="DrainMinutes", absent=0, text="waits {new} minutes for its tasks, not {old}"),
    ),
    "Custom::EndpointVerification": (
        Limit(
            path="TimeoutMinutes", absent=0, text="verifies for {new} minutes at most, not {old}"
        ),
    ),
    "AWS::SageMaker::Endpoint": (
        Limit(
            path=f"{_ROUTING}/WaitIntervalInSeconds",
            absent=0,
            text="watches its alarms for {new} s before it goes on, not {old}",
        ),
        Limit(
            path=f"{_GUARD}/TerminationWaitInSeconds",
            absent=0,
            text="keeps the old fleet for {new} s, not {old}",
        ),
        Limit(path=_BATCH, absent=None, text="is updated {new} at a time, not {old}", more=True),
        Limit(
            path=f"{_ROUTING}/CanarySize/Value",
            absent=None,
            text="tries the new fleet with {new} of its traffic or instances, not {old}",
            more=True,
        ),
    ),
    "AWS::ECS::Service": (
        Limit(
            path=f"{_ECS}/BakeTimeInMinutes",
            absent=0,
            text="watches its alarms for {new} minutes after a deployment, not {old}",
        ),
        Limit(
            path=f"{_ECS}/CanaryConfiguration/CanaryBakeTimeInMinutes",
            absent=0,
            text="watches its canary for {new} minutes, not {old}",
        ),
        Limit(
            path="HealthCheckGracePeriodSeconds",
            absent=0,
            text="stops tasks that do not answer after {new} s, not {old}",
        ),
    ),
    "AWS::ECS::TaskDefinition": (
        Limit(
            path="ContainerDefinitions/*/Memory",
            absent=0,
            text="has containers with {new} MiB of memory together, not {old}",
            kind="capacity",
        ),
    ),
    "AWS::Lambda::Function": (
        Limit(
            path="MemorySize",
            absent=128,
            text="gets {new} MiB of memory, not {old}",
            kind="capacity",
        ),
        Limit(
            path="Timeout", absent=3, text="is stopped after {new} s, not {old}", kind="capacity"
        ),
    ),
    "AWS::Batch::ComputeEnvironment": (
        Limit(
            path="ComputeResources/MaxvCpus",
            absent=0,
            text="grows to {new} vCPUs, not {old}",
            kind="capacity",
        ),
    ),
    "AWS::AutoScaling::AutoScalingGroup": (
        Limit(
            path="MaxInstanceLifetime",
            absent=math.inf,
            text="replaces each host after {new} s, not {old}",
            kind="interrupt",
        ),
        Limit(
            path=f"{_ROLLING}/MinInstancesInService",
            absent=0,
            text="keeps {new} hosts in service while it is updated, not {old}",
        ),
    ),
    "AWS::EC2::LaunchTemplate": (
        Limit(
            path="LaunchTemplateData/BlockDeviceMappings/*/Ebs/VolumeSize",
            absent=0,
            text="starts hosts with {new} GiB of disk, not {old}",
            kind="capacity",
        ),
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (
        Limit(path=_DRAIN, absent=300, text="waits {new} s for calls that still run, not {old}"),
        Limit(
            path="UnhealthyThresholdCount",
            absent=2,
            text="sends calls until {new} checks failed, not {old}",
            more=True,
        ),
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": (
        Limit(
            path=_TARGET,
            absent=None,
            text="scales out at {new}, not at {old}",
            kind="capacity",
            more=True,
        ),
    ),
}


def limit_findings(change: ResourceChange) -> Iterator[Finding]:
    """The numbers of a resource that stays and that protect less than before."""
    for limit in LIMITS.get(change.type, ()):
        path = tuple(limit.path.split("/"))
        old, new = (
            _total(resource_values(side, path), limit) for side in (change.before, change.after)
        )
        if old is None or new is None:
            continue
        if new > old if limit.more else new < old:
            said = limit.text.format(new=_words(new), old=_words(old))
            yield finding(limit.kind, change, said)


def _total(values: list[Any], limit: Limit) -> float | None:
    if limit.absent is None and not any(value is not None for value in values):
        return None
    return sum(number(value, default=limit.absent or 0) for value in values)


def _words(value: float) -> str:
    return "for ever" if math.isinf(value) else f"{value:g}"
