"""An endpoint variant that auto scaling holds neither changes its instance type nor goes away.

CloudFormation updates the endpoint before it removes what refers to it, so that taking scaling off
in the same deployment comes too late, and so does another name for the variant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from inferctl.transitions.plan import TwoStepPlan
from inferctl.transitions.replacement import replaced
from inferctl.transitions.templates import (
    Change,
    Resource,
    StackChange,
    Template,
    properties,
    resources,
    target,
    text,
)

_ENDPOINT: Final = "AWS::SageMaker::Endpoint"
_SOURCE: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html"


def scaled_variants(change: Change) -> Iterator[TwoStepPlan]:
    """A plan for each registered variant of another instance type, or of none."""
    for stack in change.updated():
        anew = replaced(stack)
        for name, endpoint in resources(stack.before, _ENDPOINT).items():
            after = resources(stack.after, _ENDPOINT).get(name)
            if after is None or name in anew:
                continue
            old, new = _variants(stack.before, endpoint), _variants(stack.after, after)
            for variant in sorted(_registered(stack.before, name, endpoint) & old.keys()):
                if new and old[variant] != new.get(variant):
                    yield _plan(stack, name, variant, old[variant], new.get(variant))


def _variants(template: Template, endpoint: Resource) -> dict[str, str]:
    """The instance type of each variant; empty where the configuration is not in the template."""
    config = resources(template).get(target(properties(endpoint).get("EndpointConfigName")) or "")
    variants: list[Mapping[str, Any]] = (
        [] if config is None else properties(config).get("ProductionVariants", [])
    )
    return {text(one["VariantName"]): text(one.get("InstanceType")) for one in variants}


def _registered(template: Template, name: str, endpoint: Resource) -> frozenset[str]:
    """Names of the endpoint's variants that are scalable targets."""
    known = {f"${{{name}.EndpointName}}", text(properties(endpoint).get("EndpointName"))}
    found: set[str] = set()
    for scaled in resources(template, "AWS::ApplicationAutoScaling::ScalableTarget").values():
        parts = text(properties(scaled).get("ResourceId")).split("/")
        if len(parts) == 4 and parts[0] == "endpoint" and parts[1] in known:
            found.add(parts[3])
    return frozenset(found)


def _plan(stack: StackChange, name: str, variant: str, old: str, new: str | None) -> TwoStepPlan:
    what = "remove it" if new is None else f"change its instance type from {old} to {new}"
    change = f"take {variant} out" if new is None else f"write `instance_type: {new}`"
    return TwoStepPlan(
        stack=stack.name,
        logical_id=name,
        resource_type=_ENDPOINT,
        reason=f"variant {variant} is registered with Application Auto Scaling, and SageMaker"
        f" refuses to {what} until it is not; CloudFormation deregisters it too late",
        steps=(
            f"write `scaling: off` and leave `instance_type: {old}`; set `initial_instance_count`"
            " to the count that runs now, since an endpoint without scaling takes it; deploy",
            f"{change} and write `scaling` as you want it, and deploy: the endpoint changes first"
            " and is registered after",
        ),
        source=_SOURCE,
    )
