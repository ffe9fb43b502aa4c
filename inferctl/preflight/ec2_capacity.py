"""vCPUs of EC2 instances: groups, single instances, managed instances and compile queues."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from accelerator_catalog import EC2_INSTANCES
from accelerator_catalog.quotas import Purchase, ec2_quota
from inferctl.preflight.endpoint_capacity import bounds
from inferctl.preflight.quota_use import QuotaUse, use
from inferctl.preflight.templates import Resource, Template, number, reference, resources


def ec2_uses(stack: str, template: Template) -> Iterator[QuotaUse]:
    """What every source of instances takes of its families' quotas."""
    launch_templates = {
        each.logical_id: each for each in resources(stack, template, "AWS::EC2::LaunchTemplate")
    }
    for group in resources(stack, template, "AWS::AutoScaling::AutoScalingGroup"):
        yield from _group_uses(group, launch_templates)
    for instance in resources(stack, template, "AWS::EC2::Instance"):
        types = [instance.properties["InstanceType"]]
        yield from _uses(instance, types, "on-demand", minimum=1, maximum=1)
    for provider in resources(stack, template, "AWS::ECS::CapacityProvider"):
        yield from _managed_uses(provider, template)
    for environment in resources(stack, template, "AWS::Batch::ComputeEnvironment"):
        yield from _compile_uses(environment)


def vcpus(instance_type: str) -> int:
    """vCPUs of a type; outside the catalogue as its size says (``2xlarge`` is two times four)."""
    if instance_type in EC2_INSTANCES:
        return EC2_INSTANCES[instance_type].vcpu
    size = instance_type.rpartition(".")[2]
    if not size.endswith("xlarge"):
        return 2
    return 4 * int(size.removesuffix("xlarge") or 1)


def group_types(
    group: Resource, launch_templates: Mapping[str, Resource]
) -> tuple[list[str], Mapping[str, Any] | None]:
    """The instance types of a group, and its distribution over Spot and on-demand capacity."""
    mixed = group.properties.get("MixedInstancesPolicy")
    if mixed is None:
        return _launched(group.properties.get("LaunchTemplate", {}), launch_templates), None
    chosen = mixed["LaunchTemplate"]
    types = [each["InstanceType"] for each in chosen.get("Overrides", []) if "InstanceType" in each]
    if not types:
        types = _launched(chosen["LaunchTemplateSpecification"], launch_templates)
    return types, mixed.get("InstancesDistribution", {})


def _launched(
    specification: Mapping[str, Any], launch_templates: Mapping[str, Resource]
) -> list[str]:
    named = launch_templates.get(reference(specification.get("LaunchTemplateId")) or "")
    if named is None:
        return []
    instance_type = named.properties["LaunchTemplateData"].get("InstanceType")
    return [instance_type] if isinstance(instance_type, str) else []


def _group_uses(group: Resource, launch_templates: Mapping[str, Resource]) -> Iterator[QuotaUse]:
    types, distribution = group_types(group, launch_templates)
    minimum = number(group.properties.get("MinSize"), default=0)
    maximum = number(group.properties.get("MaxSize"), default=minimum)
    if distribution is None:
        yield from _uses(group, types, "on-demand", minimum=minimum, maximum=maximum)
        return
    lowest, highest = _on_demand(distribution, minimum), _on_demand(distribution, maximum)
    if highest:
        yield from _uses(group, types, "on-demand", minimum=lowest, maximum=highest)
    if maximum > highest:
        yield from _uses(group, types, "spot", minimum=minimum - lowest, maximum=maximum - highest)


def _on_demand(distribution: Mapping[str, Any], instances: float) -> float:
    """How many of ``instances`` are on demand; EC2 Auto Scaling rounds their share up."""
    base = number(distribution.get("OnDemandBaseCapacity"), default=0)
    percent = number(distribution.get("OnDemandPercentageAboveBaseCapacity"), default=100)
    above = max(0.0, instances - base)
    return min(instances, base) + math.ceil(above * percent / 100)


def _managed_uses(provider: Resource, template: Template) -> Iterator[QuotaUse]:
    """ECS sets no upper bound here: at most each task has an instance for itself."""
    managed = provider.properties.get("ManagedInstancesProvider")
    if managed is None:
        return
    launched = managed["InstanceLaunchTemplate"]
    types = launched.get("InstanceRequirements", {}).get("AllowedInstanceTypes", [])
    targets = [*resources(provider.stack, template, "AWS::ApplicationAutoScaling::ScalableTarget")]
    minimum = maximum = doubled = 0.0
    for service in resources(provider.stack, template, "AWS::ECS::Service"):
        strategy = service.properties.get("CapacityProviderStrategy", [])
        if not any(reference(s.get("CapacityProvider")) == provider.logical_id for s in strategy):
            continue
        lowest, highest = _tasks(service, targets)
        deployment = service.properties.get("DeploymentConfiguration", {})
        percent = number(deployment.get("MaximumPercent"), default=200)
        minimum, maximum = minimum + lowest, maximum + highest
        doubled += highest * max(100.0, percent) / 100
    purchase: Purchase = "spot" if launched.get("CapacityOptionType") == "SPOT" else "on-demand"
    yield from _uses(
        provider, types, purchase, minimum=minimum, maximum=maximum, during_update=doubled
    )


def _tasks(service: Resource, targets: Sequence[Resource]) -> tuple[float, float]:
    desired = number(service.properties.get("DesiredCount"), default=1)
    for target in targets:
        if service.logical_id in repr(target.properties.get("ResourceId")):
            lowest, highest = bounds(target)
            return lowest, max(highest, desired)
    return desired, desired


def _compile_uses(environment: Resource) -> Iterator[QuotaUse]:
    """A compute environment counts in vCPUs; each family of its types may take all of them."""
    compute = environment.properties.get("ComputeResources", {})
    purchase: Purchase = "spot" if compute.get("Type") == "SPOT" else "on-demand"
    quotas = {ec2_quota(name, purchase) for name in compute.get("InstanceTypes", [])}
    for quota in sorted(quotas - {None}, key=str):
        assert quota is not None
        yield use(
            quota,
            environment.place,
            minimum=number(compute.get("MinvCpus"), default=0),
            maximum=number(compute.get("MaxvCpus"), default=0),
        )


def _uses(
    resource: Resource,
    types: Sequence[str],
    purchase: Purchase,
    *,
    minimum: float,
    maximum: float,
    during_update: float | None = None,
) -> Iterator[QuotaUse]:
    """Instances as vCPUs of the largest type; of each quota where the types are of several."""
    by_quota = {ec2_quota(name, purchase): 0 for name in types}
    for name in types:
        quota = ec2_quota(name, purchase)
        by_quota[quota] = max(by_quota[quota], vcpus(name))
    for quota, each in by_quota.items():
        if quota is not None:
            yield use(
                quota,
                resource.place,
                minimum=minimum * each,
                maximum=maximum * each,
                during_update=None if during_update is None else during_update * each,
            )
