"""A capacity provider leaves its cluster before the services that use it do.

CloudFormation updates the cluster's list of providers first and deletes services last; services
that move to another pool depend on the list, so that they come too late as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from inferctl.transitions.plan import TwoStepPlan
from inferctl.transitions.pools import pool_name, pooled_services, provider_texts
from inferctl.transitions.templates import Change, StackChange, properties, resources, text

_ASSOCIATIONS: Final = "AWS::ECS::ClusterCapacityProviderAssociations"
_PROVIDER: Final = "AWS::ECS::CapacityProvider"
# what API_PutClusterCapacityProviders leaves open: services count, with and without tasks
_SOURCE: Final = "https://github.com/aws/containers-roadmap/issues/631"


def retired_pools(change: Change) -> Iterator[TwoStepPlan]:
    """A plan for each provider that is taken from its cluster while a service has it."""
    for stack in change.updated():
        services, after = pooled_services(stack.before), pooled_services(stack.after)
        retired = _retired(stack)
        for name, provider in resources(stack.before, _PROVIDER).items():
            known = provider_texts(name, provider)
            users = sorted(one for one, found in services.items() if found.providers & known)
            if not known & retired or not users:
                continue
            moved = [user for user in users if user in after]
            pool = pool_name(stack.before, name)
            verb = "moved to another pool" if len(moved) == len(users) else "removed"
            yield TwoStepPlan(
                stack=stack.name,
                logical_id=name,
                resource_type=_PROVIDER,
                reason=f"pool {pool} goes together with what runs on it ({', '.join(users)}), and"
                " ECS takes no capacity provider that is in use from its cluster",
                steps=(
                    f"leave pool {pool} in the platform file and deploy with its services {verb}",
                    f"remove pool {pool} and deploy, once no one-off task of it waits or runs",
                ),
                source=_SOURCE,
            )


def _retired(stack: StackChange) -> frozenset[str]:
    """Providers that an association of both sides has before and not after.

    An association that goes as a whole goes after the services.
    """
    after = resources(stack.after, _ASSOCIATIONS)
    gone: set[str] = set()
    for name, association in resources(stack.before, _ASSOCIATIONS).items():
        if name in after:
            old, new = (
                {text(one) for one in properties(side).get("CapacityProviders", [])}
                for side in (association, after[name])
            )
            gone |= old - new
    return frozenset(gone)
