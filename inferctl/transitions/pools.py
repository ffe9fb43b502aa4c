"""ECS services, the pools that they run on and the chips that their tasks own, in a template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inferctl.transitions.templates import Resource, Template, properties, resources, target, text


@dataclass(frozen=True, kw_only=True)
class PooledService:
    """``desired``: the tasks that a deployment waits for; ``most``: what scaling may make of them.
    ``providers``: texts that refer to capacity providers. ``pinned_to``: what its task definition
    asks of a host. ``chips``: the device paths that each task owns."""

    desired: int
    most: int
    providers: frozenset[str]
    pinned_to: tuple[str, ...]
    chips: frozenset[str]


def pooled_services(template: Template) -> dict[str, PooledService]:
    """The services that name a capacity provider, by logical id."""
    found = {}
    for name, service in resources(template, "AWS::ECS::Service").items():
        strategy = properties(service).get("CapacityProviderStrategy", [])
        if not strategy:
            continue
        task = properties(resources(template).get(_task_definition(service), {}))
        desired = int(properties(service).get("DesiredCount", 1))
        found[name] = PooledService(
            desired=desired,
            most=max(desired, *_scaled_to(template, name)),
            providers=frozenset(text(item["CapacityProvider"]) for item in strategy),
            pinned_to=tuple(
                text(one.get("Expression")) for one in task.get("PlacementConstraints", [])
            ),
            chips=_chips(task),
        )
    return found


def pool_sizes(template: Template) -> dict[str, int]:
    """The most hosts of the Auto Scaling group behind each capacity provider."""
    found = {}
    for name, provider in resources(template, "AWS::ECS::CapacityProvider").items():
        group = resources(template).get(_group(provider))
        if group is not None:
            found[name] = int(properties(group)["MaxSize"])
    return found


def pool_name(template: Template, provider: str) -> str:
    """The pool's name in the platform file, or the logical id of its capacity provider."""
    group = _group(resources(template)[provider])
    for drain in resources(template, "Custom::CapacityPool").values():
        if group and target(properties(drain).get("GroupName")) == group:
            return text(properties(drain)["Pool"])
    return provider


def provider_texts(name: str, provider: Resource) -> frozenset[str]:
    """How a template refers to a capacity provider."""
    given = properties(provider).get("Name")
    return frozenset({f"${{{name}}}"} if given is None else {f"${{{name}}}", text(given)})


def _task_definition(service: Resource) -> str:
    return target(properties(service).get("TaskDefinition")) or ""


def _group(provider: Resource) -> str:
    settings: Mapping[str, Any] = properties(provider).get("AutoScalingGroupProvider", {})
    return target(settings.get("AutoScalingGroupArn")) or ""


def _scaled_to(template: Template, service: str) -> list[int]:
    """The most tasks that auto scaling may set; 0 where there is none."""
    reference = f"${{{service}.Name}}"
    return [0] + [
        int(properties(one)["MaxCapacity"])
        for one in resources(template, "AWS::ApplicationAutoScaling::ScalableTarget").values()
        if text(properties(one).get("ResourceId")).endswith(f"/{reference}")
    ]


def _chips(task: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(
        device["HostPath"]
        for container in task.get("ContainerDefinitions", [])
        for device in container.get("LinuxParameters", {}).get("Devices", [])
        if isinstance(device["HostPath"], str) and device["HostPath"].startswith("/dev/neuron")
    )
