"""Everything in the templates that starts instances: their types and their subnets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inferctl.preflight.ec2_capacity import group_types
from inferctl.preflight.templates import Resource, Template, reference, resources


@dataclass(frozen=True, kw_only=True)
class InstanceSource:
    """``types`` as the service names them (``ml.`` on SageMaker); one of them is enough.

    ``subnets`` are values of the template ``stack``.
    """

    stack: str
    place: str
    types: tuple[str, ...]
    subnets: tuple[Any, ...]

    @property
    def hosted(self) -> bool:
        """True for SageMaker, which runs its instances in an account of its own."""
        return any(name.startswith("ml.") for name in self.types)


def instance_sources(templates: Mapping[str, Template]) -> tuple[InstanceSource, ...]:
    """Groups, single and managed instances, compile queues and endpoints of every stack."""
    return tuple(
        source
        for stack, template in templates.items()
        for kind in (_groups, _singles, _managed, _queues, _endpoints)
        for source in kind(stack, template)
        if source.types
    )


def _source(resource: Resource, types: object, subnets: object) -> InstanceSource:
    return InstanceSource(
        stack=resource.stack,
        place=resource.place,
        types=tuple(types) if isinstance(types, list) else (),
        subnets=tuple(subnets) if isinstance(subnets, list) else (),
    )


def _groups(stack: str, template: Template) -> Iterator[InstanceSource]:
    launched = {
        each.logical_id: each for each in resources(stack, template, "AWS::EC2::LaunchTemplate")
    }
    for group in resources(stack, template, "AWS::AutoScaling::AutoScalingGroup"):
        types, _ = group_types(group, launched)
        yield _source(group, types, group.properties.get("VPCZoneIdentifier"))


def _singles(stack: str, template: Template) -> Iterator[InstanceSource]:
    for single in resources(stack, template, "AWS::EC2::Instance"):
        subnet = single.properties.get("SubnetId")
        yield _source(single, [single.properties["InstanceType"]], [subnet] if subnet else [])


def _managed(stack: str, template: Template) -> Iterator[InstanceSource]:
    for provider in resources(stack, template, "AWS::ECS::CapacityProvider"):
        managed = provider.properties.get("ManagedInstancesProvider", {})
        launched = managed.get("InstanceLaunchTemplate", {})
        yield _source(
            provider,
            launched.get("InstanceRequirements", {}).get("AllowedInstanceTypes"),
            launched.get("NetworkConfiguration", {}).get("Subnets"),
        )


def _queues(stack: str, template: Template) -> Iterator[InstanceSource]:
    for environment in resources(stack, template, "AWS::Batch::ComputeEnvironment"):
        compute = environment.properties.get("ComputeResources", {})
        yield _source(environment, compute.get("InstanceTypes"), compute.get("Subnets"))


def _endpoints(stack: str, template: Template) -> Iterator[InstanceSource]:
    models = {each.logical_id: each for each in resources(stack, template, "AWS::SageMaker::Model")}
    for config in resources(stack, template, "AWS::SageMaker::EndpointConfig"):
        for variant in config.properties.get("ProductionVariants", []):
            model = models.get(reference(variant.get("ModelName")) or "")
            network = {} if model is None else model.properties.get("VpcConfig", {})
            if "InstanceType" in variant:
                yield _source(config, [variant["InstanceType"]], network.get("Subnets"))
