"""What the picture shows, read from the template of a ``<platform>-cluster`` stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from accelerator_catalog import EC2_INSTANCES, NeuronInstance

Template = Mapping[str, Any]
_DEVICE = "/dev/neuron"


class TemplateError(ValueError):
    """The template holds no fleet that could be drawn."""


@dataclass(frozen=True, kw_only=True)
class Owner:
    """A service, or a one-off task, on one pool.

    ``chips`` by slot, empty on ordinary instances; ``doors`` are the listeners in front of it, such
    as ``ALB HTTP:80``.
    """

    name: str
    is_task: bool
    chips: tuple[tuple[int, ...], ...]
    doors: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A capacity pool; ``chips`` of one host, ``daemons`` by name."""

    name: str
    instance_type: str
    chip: str
    chips: int
    cores_per_chip: int
    fewest: int
    most: int
    spot: bool
    owners: tuple[Owner, ...]
    daemons: tuple[str, ...]


def read_fleet(template: Template) -> tuple[Pool, ...]:
    """The pools in the template's order. Raises TemplateError where there is none."""
    resources: Mapping[str, Mapping[str, Any]] = template.get("Resources", {})
    pools = [
        _pool(resources, logical_id)
        for logical_id, provider in _of_type(resources, "AWS::ECS::CapacityProvider")
        if "AutoScalingGroupProvider" in provider
    ]
    if not pools:
        raise TemplateError("holds no capacity provider with an Auto Scaling group")
    return tuple(pools)


def _of_type(
    resources: Mapping[str, Mapping[str, Any]], kind: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for logical_id, resource in resources.items():
        if resource["Type"] == kind:
            yield logical_id, resource.get("Properties", {})


def _pool(resources: Mapping[str, Mapping[str, Any]], provider_id: str) -> Pool:
    provider = resources[provider_id]["Properties"]["AutoScalingGroupProvider"]
    group = resources[provider["AutoScalingGroupArn"]["Ref"]]["Properties"]
    policy = group.get("MixedInstancesPolicy")
    launch = (
        group["LaunchTemplate"]
        if policy is None
        else policy["LaunchTemplate"]["LaunchTemplateSpecification"]
    )
    data = resources[launch["LaunchTemplateId"]["Ref"]]["Properties"]["LaunchTemplateData"]
    instance = EC2_INSTANCES[data["InstanceType"]]
    neuron = instance if isinstance(instance, NeuronInstance) else None
    services, daemons = _services(resources, provider_id, instance.name)
    return Pool(
        name=_path(resources, provider_id)[2],
        instance_type=instance.name,
        chip="" if neuron is None else neuron.chip,
        chips=0 if neuron is None else neuron.chips,
        cores_per_chip=0 if neuron is None else neuron.logical_cores_per_chip,
        fewest=int(group["MinSize"]),
        most=int(group["MaxSize"]),
        spot=policy is not None,
        owners=(*services, *_tasks(resources, instance.name)),
        daemons=daemons,
    )


def _services(
    resources: Mapping[str, Mapping[str, Any]], provider_id: str, instance_type: str
) -> tuple[list[Owner], tuple[str, ...]]:
    slots: dict[str, list[tuple[int, ...]]] = {}
    doors: dict[str, tuple[str, ...]] = {}
    daemons: list[str] = []
    for logical_id, service in _of_type(resources, "AWS::ECS::Service"):
        task = resources[service["TaskDefinition"]["Ref"]]["Properties"]
        if service.get("SchedulingStrategy") == "DAEMON":
            if _instance_type_of(task, service) == instance_type:
                daemons.append(_path(resources, logical_id)[3])
            continue
        strategy = service.get("CapacityProviderStrategy", [])
        if not any(item["CapacityProvider"] == {"Ref": provider_id} for item in strategy):
            continue
        name = _words(_path(resources, logical_id)[1].removesuffix("Service"))
        slots.setdefault(name, []).append(_chips(task))
        doors[name] = _doors(resources, service)
    owners = [
        Owner(
            name=name,
            is_task=False,
            chips=tuple(chips for chips in owned if chips),
            doors=doors[name],
        )
        for name, owned in slots.items()
    ]
    return owners, tuple(daemons)


def _tasks(resources: Mapping[str, Mapping[str, Any]], instance_type: str) -> list[Owner]:
    served = {
        service["TaskDefinition"]["Ref"] for _, service in _of_type(resources, "AWS::ECS::Service")
    }
    return [
        Owner(
            name=_words(_path(resources, logical_id)[1].removesuffix("Task")),
            is_task=True,
            chips=(_chips(task),) if _chips(task) else (),
            doors=(),
        )
        for logical_id, task in _of_type(resources, "AWS::ECS::TaskDefinition")
        if logical_id not in served and _instance_type_of(task, {}) == instance_type
    ]


def _chips(task: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(
        int(device["HostPath"].removeprefix(_DEVICE))
        for container in task["ContainerDefinitions"]
        for device in container.get("LinuxParameters", {}).get("Devices", [])
        if device["HostPath"].startswith(_DEVICE)
    )


def _instance_type_of(task: Mapping[str, Any], service: Mapping[str, Any]) -> str:
    constraints = [*task.get("PlacementConstraints", []), *service.get("PlacementConstraints", [])]
    for constraint in constraints:
        attribute, _, value = str(constraint.get("Expression", "")).partition(" == ")
        if attribute == "attribute:ecs.instance-type":
            return value
    return ""


def _doors(
    resources: Mapping[str, Mapping[str, Any]], service: Mapping[str, Any]
) -> tuple[str, ...]:
    groups = [item["TargetGroupArn"]["Ref"] for item in service.get("LoadBalancers", [])]
    doors: list[str] = []
    for _, listener in _of_type(resources, "AWS::ElasticLoadBalancingV2::Listener"):
        rules = [
            rule["Actions"]
            for _, rule in _of_type(resources, "AWS::ElasticLoadBalancingV2::ListenerRule")
            if resources.get(rule["ListenerArn"].get("Ref", ""), {}).get("Properties") is listener
        ]
        actions = [*listener["DefaultActions"], *(one for rule in rules for one in rule)]
        if not any(action.get("TargetGroupArn", {}).get("Ref") in groups for action in actions):
            continue
        balancer = resources[listener["LoadBalancerArn"]["Ref"]]["Properties"]
        kind = {"network": "NLB"}.get(balancer.get("Type", "application"), "ALB")
        doors.append(f"{kind} {listener['Protocol']}:{listener['Port']}")
    return tuple(doors)


def _path(resources: Mapping[str, Mapping[str, Any]], logical_id: str) -> list[str]:
    """Parts of the construct's path; the first is the stack."""
    path = resources[logical_id].get("Metadata", {}).get("aws:cdk:path")
    if path is None:
        raise TemplateError(f"names no construct for {logical_id}; synthesize with path metadata")
    return [*str(path).split("/"), "", "", ""]


def _words(name: str) -> str:
    """``MinilmTrn1`` as the platform file writes it: ``minilm-trn1``."""
    text = "".join(f"-{char.lower()}" if char.isupper() else char for char in name)
    return text.removeprefix("-")
