"""Tasks for another instance type find no place on the hosts that a pool already has.

A pool's running hosts are never replaced by a deployment; its services ask for the new type at
once, and a pool that is full of hosts of the old one cannot start any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from inferctl.transitions.plan import TwoStepPlan
from inferctl.transitions.pools import (
    PooledService,
    pool_name,
    pool_sizes,
    pooled_services,
    provider_texts,
)
from inferctl.transitions.templates import Change, resources

_PROVIDER: Final = "AWS::ECS::CapacityProvider"
_SOURCE: Final = "https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-templates.html"


def pool_instance_types(change: Change) -> Iterator[TwoStepPlan]:
    """A plan for each pool that has no room for hosts of both types."""
    for stack in change.updated():
        before, after = pooled_services(stack.before), pooled_services(stack.after)
        sizes = pool_sizes(stack.after)
        for name, provider in resources(stack.after, _PROVIDER).items():
            known = provider_texts(name, provider)
            repinned = {
                one: (before[one], service)
                for one, service in after.items()
                if one in before
                and service.providers & before[one].providers & known
                and service.pinned_to != before[one].pinned_to
            }
            needed = _hosts(repinned)
            pool = pool_name(stack.after, name)
            if name in sizes and needed > sizes[name]:
                yield TwoStepPlan(
                    stack=stack.name,
                    logical_id=name,
                    resource_type=_PROVIDER,
                    reason=f"the instance type of pool {pool} changes under"
                    f" {', '.join(sorted(repinned))}: hosts of both types have to run for a while,"
                    f" which needs {needed}, and the pool has {sizes[name]} at most",
                    steps=(
                        "add a pool of the new type under another name, move the services to it,"
                        f" leave pool {pool} as it is, and deploy",
                        f"remove pool {pool} and deploy",
                    ),
                    source=_SOURCE,
                )


def _hosts(repinned: Mapping[str, tuple[PooledService, PooledService]]) -> int:
    """The hosts of the old type that may run and those of the new one that have to; 0 if none."""
    old = max((before.most for before, _ in repinned.values()), default=0)
    new = max((after.desired for _, after in repinned.values()), default=0)
    return old + new if old and new else 0
