"""What stops, restarts or starts cold while a change is deployed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from inferctl.changes.comparison import Comparison, finding
from inferctl.changes.finding import Finding
from inferctl.changes.resource_changes import ResourceChange
from inferctl.preflight.templates import number

Judge = Callable[[Comparison, ResourceChange], Iterator[Finding]]


def interruptions(comparison: Comparison) -> Iterator[Finding]:
    """What every resource that stays goes through."""
    for change in comparison.lasting():
        judge = _JUDGES.get(change.type)
        if judge is not None:
            yield from judge(comparison, change)


def _endpoint(comparison: Comparison, change: ResourceChange) -> Iterator[Finding]:
    """An update starts a new fleet; a multi-model fleet starts with no model in memory."""
    if change.action == "replaced" or not change.at("EndpointConfigName"):
        return
    guard = change.after.get("Properties", {}).get("DeploymentConfig", {})
    rolling = guard.get("RollingUpdatePolicy")
    routing = guard.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    kind = str(routing.get("Type", "ALL_AT_ONCE")).lower().replace("_", "-")
    way = "in batches" if rolling else "all-at-once" if kind == "all-at-once" else f"by {kind}"
    config = comparison.new.one(
        change.key[0], change.after.get("Properties", {}).get("EndpointConfigName")
    )
    reasons = _roots(comparison, config)
    text = f"gets a new fleet {way}, which starts with no model loaded"
    yield finding("interrupt", change, f"{text}{reasons}")


def _roots(comparison: Comparison, config: tuple[str, str] | None) -> str:
    """The differences that made the configuration new, also those of its models."""
    texts = []
    change = comparison.changes.get(config) if config else None
    if change is None:
        return ""
    direct = tuple(each for each in change.replacing if each.because is None)
    if direct:
        texts.append(comparison.texts(change, direct))
    for each in change.replacing:
        if each.because is None:
            continue
        stack, _, logical_id = each.because.partition("/")
        behind = comparison.changes.get((stack, logical_id))
        if behind is not None:
            texts.append(f"{logical_id} {comparison.texts(behind, behind.replacing)}")
    return f" ({'; '.join(dict.fromkeys(texts))})" if texts else ""


def _group(comparison: Comparison, change: ResourceChange) -> Iterator[Finding]:
    policy = change.after.get("UpdatePolicy", {})
    launched = change.at("LaunchTemplate", "MixedInstancesPolicy", "LaunchConfigurationName")
    rolling = policy.get("AutoScalingRollingUpdate")
    if launched and rolling:
        batch = number(rolling.get("MaxBatchSize"), default=1)
        kept = number(rolling.get("MinInstancesInService"), default=0)
        text = f"replaces its hosts, {batch:.0f} at a time with {kept:.0f} kept in service"
        yield finding("interrupt", change, f"{text}: {comparison.texts(change, tuple(launched))}")
    old, new = (_distribution(side.get("Properties", {})) for side in (change.before, change.after))
    if new[0] < old[0] or new[1] < old[1]:
        text = (
            f"keeps fewer hosts on demand (base {new[0]:.0f}, then {new[1]:.0f} %; it was"
            f" {old[0]:.0f}, then {old[1]:.0f} %): AWS may take Spot hosts back at any time"
        )
        yield finding("interrupt", change, text)
    if change.at("DesiredCapacity") and "DesiredCapacity" in change.after.get("Properties", {}):
        said = comparison.texts(change, tuple(change.at("DesiredCapacity")))
        yield finding("interrupt", change, f"is set back to a fixed size: {said}")


def _distribution(properties: Mapping[str, Any]) -> tuple[float, float]:
    mixed = properties.get("MixedInstancesPolicy")
    if mixed is None:
        return 0.0, 100.0
    found = mixed.get("InstancesDistribution", {})
    percent = number(found.get("OnDemandPercentageAboveBaseCapacity"), default=100)
    return number(found.get("OnDemandBaseCapacity"), default=0), percent


def _service(comparison: Comparison, change: ResourceChange) -> Iterator[Finding]:
    properties = change.after.get("Properties", {})
    if change.action == "replaced":
        return
    deployed = change.at("TaskDefinition", "LoadBalancers", "CapacityProviderStrategy")
    deployed += change.at("NetworkConfiguration", "ServiceConnectConfiguration", "LaunchType")
    healthy = _healthy(properties)
    if deployed and healthy < 100 and number(properties.get("DesiredCount"), default=1) > 0:
        left = "all its tasks at once" if healthy == 0 else f"tasks down to {healthy:.0f} %"
        text = f"stops {left} before new ones start"
        yield finding("interrupt", change, f"{text}: {comparison.texts(change, tuple(deployed))}")
    if _healthy(change.before.get("Properties", {})) > healthy:
        text = f"may fall to {healthy:.0f} % of its tasks while it is deployed"
        yield finding("protection", change, text)
    most = properties.get("DeploymentConfiguration", {}).get("MaximumPercent")
    if change.at("DeploymentConfiguration") and number(most, default=200) <= healthy:
        text = f"can never be deployed: it may start no task above {healthy:.0f} % and stop none"
        yield finding("refuse", change, text)
    old = number(change.before.get("Properties", {}).get("DesiredCount"), default=1)
    new = number(properties.get("DesiredCount"), default=1)
    if old > new:
        kind = "interrupt" if new == 0 else "capacity"
        yield finding(kind, change, f"runs {new:.0f} tasks, not {old:.0f}")


def _healthy(properties: Mapping[str, Any]) -> float:
    # a daemon is one task a host, which is stopped first
    default = 0 if properties.get("SchedulingStrategy") == "DAEMON" else 100
    found = properties.get("DeploymentConfiguration", {}).get("MinimumHealthyPercent")
    return number(found, default=default)


def _listener(comparison: Comparison, change: ResourceChange) -> Iterator[Finding]:
    for difference in change.at("Port", "Protocol"):
        said = comparison.texts(change, (difference,))
        yield finding("interrupt", change, f"callers of the old one are cut off: {said}")
    # a target group that is made anew is told by itself
    actions = tuple(each for each in change.at("DefaultActions", "Actions") if not each.because)
    if actions and change.action != "replaced":
        said = comparison.texts(change, actions)
        yield finding("interrupt", change, f"sends its calls elsewhere: {said}")


def _host(comparison: Comparison, change: ResourceChange) -> Iterator[Finding]:
    if change.action != "replaced":
        restarts = change.at("InstanceType", "UserData", "EbsOptimized", "KernelId", "RamdiskId")
        if restarts:
            said = comparison.texts(change, tuple(restarts))
            yield finding("interrupt", change, f"is stopped and started: {said}")


def _route(comparison: Comparison, change: ResourceChange) -> Iterator[Finding]:
    targets = change.at(
        *("GatewayId", "NatGatewayId", "InstanceId", "TransitGatewayId", "VpcEndpointId")
    )
    if targets and change.action != "replaced":
        said = comparison.texts(change, tuple(targets))
        yield finding("interrupt", change, f"open connections are cut: {said}")


def _alias(comparison: Comparison, change: ResourceChange) -> Iterator[Finding]:
    for difference in change.at("TargetKeyId"):
        said = comparison.texts(change, (difference,))
        yield finding("interrupt", change, f"names another key from now on: {said}")


_JUDGES: Mapping[str, Judge] = {
    "AWS::SageMaker::Endpoint": _endpoint,
    "AWS::AutoScaling::AutoScalingGroup": _group,
    "AWS::ECS::Service": _service,
    "AWS::ElasticLoadBalancingV2::Listener": _listener,
    "AWS::ElasticLoadBalancingV2::ListenerRule": _listener,
    "AWS::EC2::Instance": _host,
    "AWS::EC2::Route": _route,
    "AWS::KMS::Alias": _alias,
}
