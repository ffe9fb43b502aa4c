"""Lists that lose something, such as a zone, an alarm or a subscriber: one row a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from inferctl.changes.comparison import Comparison, finding
from inferctl.changes.finding import Finding
from inferctl.changes.references import References
from inferctl.changes.resource_changes import ResourceChange
from inferctl.changes.safeguard_rule import resource_values
from inferctl.changes.wording import joined


@dataclass(frozen=True, kw_only=True)
class ListRule:
    """``path``, as in `SafeguardRule`, leads to the items; ``gains``: more of them is worse."""

    kind: str
    path: str
    text: str
    gains: bool = False


_NETWORK = "NetworkConfiguration/AwsvpcConfiguration"
_OTHER_SUBNETS = "runs no more in {}"

LIST_RULES: Mapping[str, tuple[ListRule, ...]] = {
    "AWS::EC2::VPCEndpoint": (
        ListRule(kind="interrupt", path="SubnetIds/*", text="SubnetIds loses {}"),
        ListRule(kind="interrupt", path="RouteTableIds/*", text="RouteTableIds loses {}"),
    ),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (
        ListRule(kind="interrupt", path="Subnets/*", text="Subnets loses {}"),
    ),
    "AWS::ECS::ClusterCapacityProviderAssociations": (
        ListRule(kind="interrupt", path="CapacityProviders/*", text="CapacityProviders loses {}"),
    ),
    "AWS::AutoScaling::AutoScalingGroup": (
        ListRule(kind="capacity", path="VPCZoneIdentifier/*", text=_OTHER_SUBNETS),
    ),
    "AWS::SageMaker::Model": (
        ListRule(kind="capacity", path="VpcConfig/Subnets/*", text=_OTHER_SUBNETS),
    ),
    "AWS::SageMaker::Endpoint": (
        ListRule(
            kind="protection",
            path="DeploymentConfig/AutoRollbackConfiguration/Alarms/*/AlarmName",
            text="does not roll back by {} any more",
        ),
        ListRule(
            kind="capacity",
            path="ExcludeRetainedVariantProperties/*/VariantPropertyType",
            text="sets back {} with each update",
            gains=True,
        ),
    ),
    "AWS::ECS::Service": (
        ListRule(kind="capacity", path=f"{_NETWORK}/Subnets/*", text=_OTHER_SUBNETS),
        ListRule(
            kind="protection",
            path="DeploymentConfiguration/Alarms/AlarmNames/*",
            text="does not roll back by {} any more",
        ),
        ListRule(
            kind="interrupt",
            path="LoadBalancers/*/TargetGroupArn",
            text="gets no calls from {} any more",
        ),
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        ListRule(
            kind="capacity",
            path="ScheduledActions/*/ScheduledActionName",
            text="keeps the schedule {} no more",
        ),
    ),
    "AWS::Batch::JobQueue": (
        ListRule(
            kind="capacity",
            path="ComputeEnvironmentOrder/*/ComputeEnvironment",
            text="gets no hosts of {} any more",
        ),
    ),
    "AWS::CloudWatch::Alarm": (
        ListRule(kind="protection", path="AlarmActions/*", text="does not tell {} any more"),
    ),
    "AWS::SNS::Topic": (
        ListRule(kind="protection", path="Subscription/*", text="does not tell {} any more"),
    ),
    "AWS::Events::Rule": (
        ListRule(kind="protection", path="Targets/*/Arn", text="does not tell {} any more"),
    ),
}


def list_findings(comparison: Comparison, change: ResourceChange) -> Iterator[Finding]:
    """The lists of a resource that stays and that lack, or have, what they should not."""
    for rule in LIST_RULES.get(change.type, ()):
        old = _items(comparison.old, change, change.before, rule)
        new = _items(comparison.new, change, change.after, rule)
        if differing := sorted(new - old if rule.gains else old - new):
            yield finding(rule.kind, change, rule.text.format(joined(differing)))


def _items(
    references: References, change: ResourceChange, side: Mapping[str, object], rule: ListRule
) -> set[str]:
    values = resource_values(side, tuple(rule.path.split("/")))
    return {references.text(change.key[0], value) for value in values if value is not None}
