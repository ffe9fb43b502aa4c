"""Every set of instances in the templates, with the fewest and the most that it may run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inferctl.changes.assembly import Assembly, Key
from inferctl.changes.references import References
from inferctl.preflight.ec2_capacity import group_types
from inferctl.preflight.endpoint_capacity import bounds
from inferctl.preflight.templates import number, resources, strings


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Instances of one type behind one resource; ``spot`` where AWS may take some back."""

    key: Key
    what: str
    instance_type: str
    minimum: float
    maximum: float
    spot: bool = False


def fleets(side: Assembly, references: References) -> tuple[Fleet, ...]:
    """Variants of endpoints, Auto Scaling groups and single instances, by place."""
    found = [
        *_variants(side, references),
        *_groups(side),
        *(
            Fleet(
                key=key,
                what="host",
                instance_type=str(properties.get("InstanceType", "unknown")),
                minimum=1,
                maximum=1,
            )
            for key, properties in side.of_type("AWS::EC2::Instance")
        ),
    ]
    return tuple(sorted(found, key=lambda fleet: (fleet.key, fleet.what)))


def _variants(side: Assembly, references: References) -> Iterator[Fleet]:
    configs = dict(side.of_type("AWS::SageMaker::EndpointConfig"))
    for key, properties in side.of_type("AWS::SageMaker::Endpoint"):
        config = references.one(key[0], properties.get("EndpointConfigName"))
        for variant in configs.get(config or key, {}).get("ProductionVariants", []):
            initial = number(variant.get("InitialInstanceCount"), default=1)
            lowest, highest = initial, initial
            for limits in _scaling(side, references, key, properties, variant):
                lowest, highest = limits
            yield Fleet(
                key=key,
                what=f"variant {variant.get('VariantName', '')}".strip(),
                instance_type=str(variant.get("InstanceType", "serverless")),
                minimum=lowest,
                maximum=highest,
            )


def _scaling(
    side: Assembly,
    references: References,
    endpoint: Key,
    properties: Mapping[str, Any],
    variant: Mapping[str, Any],
) -> Iterator[tuple[float, float]]:
    """The limits of the scalable target whose resource id names the variant."""
    stack = endpoint[0]
    for target in resources(
        stack, side.templates[stack], "AWS::ApplicationAutoScaling::ScalableTarget"
    ):
        value = target.properties.get("ResourceId")
        texts = [*strings(value)]
        name = properties.get("EndpointName")
        names_it = references.one(stack, value) == endpoint or any(
            isinstance(name, str) and f"endpoint/{name}/" in text for text in texts
        )
        if names_it and any(text.endswith(f"/{variant.get('VariantName')}") for text in texts):
            yield bounds(target)


def _groups(side: Assembly) -> Iterator[Fleet]:
    for stack, template in side.templates.items():
        launched = {
            each.logical_id: each for each in resources(stack, template, "AWS::EC2::LaunchTemplate")
        }
        for group in resources(stack, template, "AWS::AutoScaling::AutoScalingGroup"):
            types, distribution = group_types(group, launched)
            minimum = number(group.properties.get("MinSize"), default=0)
            percent = (distribution or {}).get("OnDemandPercentageAboveBaseCapacity")
            yield Fleet(
                key=(stack, group.logical_id),
                what="pool",
                instance_type=" or ".join(types) or "unknown",
                minimum=minimum,
                maximum=number(group.properties.get("MaxSize"), default=minimum),
                spot=distribution is not None and number(percent, default=100) < 100,
            )
