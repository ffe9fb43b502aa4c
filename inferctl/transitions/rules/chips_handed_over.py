"""Chips change hands when their old owner stops, which is after their new one has to run.

CloudFormation waits for a new service's tasks before it deletes an old service. While they want the
chips that the old one has on every host, they wait for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from inferctl.transitions.plan import TwoStepPlan
from inferctl.transitions.pools import (
    PooledService,
    pool_name,
    pool_sizes,
    pooled_services,
    provider_texts,
)
from inferctl.transitions.templates import Change, StackChange, resources

_SOURCE: Final = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
    "using-cfn-updating-stacks-update-behaviors.html"
)


def chips_handed_over(change: Change) -> Iterator[TwoStepPlan]:
    """A plan for each service whose chips are freed too late, on a pool without a spare host."""
    for stack in change.updated():
        before, after = pooled_services(stack.before), pooled_services(stack.after)
        leaving = {name: one for name, one in before.items() if name not in after}
        for name, service in after.items():
            had = before[name].chips if name in before else frozenset()
            owners = {
                owner: one
                for owner, one in leaving.items()
                if one.providers & service.providers and one.chips & (service.chips - had)
            }
            held = max((one.most for one in owners.values()), default=0)
            if not held or not service.desired:
                continue
            for pool, hosts in _pools(stack, service):
                if hosts < held + service.desired:
                    needed = held + service.desired
                    yield _plan(stack, name, sorted(owners), pool=pool, hosts=hosts, needed=needed)


def _pools(stack: StackChange, service: PooledService) -> Iterator[tuple[str, int]]:
    """The service's pools and the most hosts of each."""
    sizes = pool_sizes(stack.after)
    for name, provider in resources(stack.after, "AWS::ECS::CapacityProvider").items():
        if provider_texts(name, provider) & service.providers and name in sizes:
            yield pool_name(stack.after, name), sizes[name]


def _plan(
    stack: StackChange, name: str, owners: list[str], *, pool: str, hosts: int, needed: int
) -> TwoStepPlan:
    leaving = ", ".join(owners)
    return TwoStepPlan(
        stack=stack.name,
        logical_id=name,
        resource_type="AWS::ECS::Service",
        reason=f"it takes chips of {leaving}, which CloudFormation deletes only after this one"
        f" runs; that needs {needed} hosts, and pool {pool} has {hosts} at most",
        steps=(
            f"write `max_instances: {needed}` for pool {pool} and deploy; where no further host can"
            f" be had, deploy the old file with `min_instances: 0` for {leaving} instead, and"
            " nothing of it answers until the next step",
            "deploy the platform file as you want it",
        ),
        source=_SOURCE,
    )
