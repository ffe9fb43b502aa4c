"""Instances of SageMaker endpoints: variants, their scaling, and updates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from accelerator_catalog.quotas import ENDPOINT_INSTANCES, endpoint_quota
from inferctl.preflight.quota_use import QuotaUse, use
from inferctl.preflight.templates import Resource, Template, number, reference, resources, strings

# Every update but a rolling one starts a whole new fleet first; a rolling one adds a batch.
# https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html
_BOTH_FLEETS = 2


def endpoint_uses(stack: str, template: Template) -> Iterator[QuotaUse]:
    """What each variant of each endpoint takes of its type's quota, and of that of all types."""
    configs = {
        each.logical_id: each
        for each in resources(stack, template, "AWS::SageMaker::EndpointConfig")
    }
    targets = [
        each
        for each in resources(stack, template, "AWS::ApplicationAutoScaling::ScalableTarget")
        if each.properties.get("ServiceNamespace") == "sagemaker"
    ]
    for endpoint in resources(stack, template, "AWS::SageMaker::Endpoint"):
        config = configs.get(reference(endpoint.properties.get("EndpointConfigName")) or "")
        if config is None:
            continue
        for variant in config.properties.get("ProductionVariants", []):
            if "InstanceType" in variant:
                yield from _variant_uses(endpoint, variant, targets)


def _variant_uses(
    endpoint: Resource, variant: Mapping[str, Any], targets: Sequence[Resource]
) -> Iterator[QuotaUse]:
    initial = number(variant.get("InitialInstanceCount"), default=1)
    minimum, maximum = initial, initial
    for target in targets:
        if _scales(target, endpoint, variant["VariantName"]):
            lowest, highest = bounds(target)
            # the first deployment starts as many as the configuration says
            minimum, maximum = min(lowest, initial), max(highest, initial)
    batch = _rolling_batch(endpoint, maximum)
    during_update = maximum + batch if batch is not None else _BOTH_FLEETS * maximum
    for quota in (endpoint_quota(variant["InstanceType"]), ENDPOINT_INSTANCES):
        yield use(
            quota, endpoint.place, minimum=minimum, maximum=maximum, during_update=during_update
        )


def bounds(target: Resource) -> tuple[float, float]:
    """The lowest and the highest capacity of a scalable target, its schedules included."""
    actions = [
        target.properties,
        *(
            action.get("ScalableTargetAction", {})
            for action in target.properties.get("ScheduledActions", [])
        ),
    ]
    lowest = [number(each["MinCapacity"], default=0) for each in actions if "MinCapacity" in each]
    highest = [number(each["MaxCapacity"], default=0) for each in actions if "MaxCapacity" in each]
    return min(lowest, default=0), max(highest, default=0)


def _scales(target: Resource, endpoint: Resource, variant: str) -> bool:
    named = [*strings(target.properties.get("ResourceId"))]
    if not any(text.endswith(f"/variant/{variant}") for text in named):
        return False
    name = endpoint.properties.get("EndpointName")
    return endpoint.logical_id in named or any(
        isinstance(name, str) and text.startswith(f"endpoint/{name}/") for text in named
    )


def _rolling_batch(endpoint: Resource, maximum: float) -> float | None:
    """Instances that a rolling update starts first; None for any other update."""
    rolling = endpoint.properties.get("DeploymentConfig", {}).get("RollingUpdatePolicy")
    if rolling is None:
        return None
    size = rolling.get("MaximumBatchSize", {})
    value = number(size.get("Value"), default=1)
    return -(-maximum * value // 100) if size.get("Type") == "CAPACITY_PERCENT" else value
