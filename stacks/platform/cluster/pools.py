"""Rules of the capacity pools: one type each, how many hosts, and who runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accelerator_catalog import (
    END_OF_LIFE,
    NEURON_CORES,
    Ec2Instance,
    NeuronInstance,
    ecs_ami_for,
)
from stacks.platform.cluster.file import Pool
from stacks.platform.cluster.hosts import ECS_NEURON, check_ami, check_region, check_type
from stacks.platform.cluster.plans import PoolPlan
from stacks.platform.findings import Findings
from stacks.platform.section import chosen

_MANAGED = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ManagedInstances.html"
_PLACEMENT = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html"
)
# What ECS decides by itself where it runs the hosts.
_NOT_MANAGED = (
    *("ami", "image", "min_instances", "max_instances", "target_capacity_percent", "spot"),
    "core_metrics",
)


@dataclass(frozen=True, kw_only=True)
class Pools:
    """Pools without a problem of their type by name; ``doubtful`` are names of the others, and
    ``complete`` is False where a pool could not even be read.
    """

    plans: Mapping[str, PoolPlan]
    doubtful: frozenset[str]
    complete: bool

    def knows(self, name: str) -> bool:
        """Whether the file has a pool of that name, as far as it could be read."""
        return name in self.plans or name in self.doubtful or not self.complete


def check_pools(
    pools: Sequence[tuple[int, Pool]],
    *,
    complete: bool,
    region: str,
    acknowledged: frozenset[str],
    findings: Findings,
) -> Pools:
    """The pools; adds what is wrong with them."""
    plans: dict[str, PoolPlan] = {}
    doubtful: set[str] = set()
    types: dict[str, str] = {}
    for position, pool in pools:
        place = f"cluster.pools[{position}]"
        if pool.name in plans or pool.name in doubtful:
            findings.refuse(
                f"{place}.name",
                pool.name,
                rule="is the name of an earlier pool",
                fix="give each pool its own name",
            )
            continue
        plan = _plan(place, pool, region, acknowledged, findings)
        if plan is None:
            doubtful.add(pool.name)
            continue
        plans[pool.name] = plan
        first = types.setdefault(plan.instance.name, place)
        if first != place:
            findings.refuse(
                f"{place}.instance_type",
                pool.instance_type,
                rule=f"is that of {first}; daemons and tasks find their hosts by the type",
                fix="raise the max_instances of that pool, or choose another size",
                source=_PLACEMENT,
            )
    return Pools(plans=plans, doubtful=frozenset(doubtful), complete=complete)


def _plan(
    place: str, pool: Pool, region: str, acknowledged: frozenset[str], findings: Findings
) -> PoolPlan | None:
    _check_counts(place, pool, findings)
    instance = check_type(place, pool, findings)
    if instance is None:
        return None
    check_region(place, instance, region, findings)
    legacy = END_OF_LIFE.get(instance.family)
    if legacy is not None and legacy.id not in acknowledged:
        findings.warn(f"{place}.instance_type", f"{legacy.notice} ({legacy.source})")
    if pool.capacity == "managed-instances":
        _check_managed(place, pool, instance, findings)
        return PoolPlan(place=place, section=pool, instance=instance, ami=ecs_ami_for(instance))
    ami = check_ami(place, pool, instance, findings)
    if pool.core_metrics and not isinstance(instance, NeuronInstance):
        findings.refuse(
            f"{place}.core_metrics",
            True,
            rule=f"has nothing to publish, because {instance.name} has no NeuronCores",
            fix="remove it",
        )
    return PoolPlan(place=place, section=pool, instance=instance, ami=ami)


def _check_counts(place: str, pool: Pool, findings: Findings) -> None:
    if pool.min_instances > pool.max_instances:
        findings.refuse(
            f"{place}.min_instances",
            pool.min_instances,
            rule=f"is more than max_instances, {pool.max_instances}",
            fix="lower it or raise max_instances",
        )
    if pool.spot is None:
        return
    if pool.spot.on_demand_base >= pool.max_instances:
        findings.refuse(
            f"{place}.spot.on_demand_base",
            pool.spot.on_demand_base,
            rule=f"leaves no spot host below max_instances, {pool.max_instances}",
            fix="lower it, or write spot: off",
        )
    if pool.spot.on_demand_percent == 100:
        findings.refuse(
            f"{place}.spot.on_demand_percent",
            100,
            rule="leaves no spot host",
            fix="write less, or spot: off",
        )


def _check_managed(place: str, pool: Pool, instance: Ec2Instance, findings: Findings) -> None:
    if not isinstance(instance, NeuronInstance):
        findings.refuse(
            f"{place}.capacity",
            pool.capacity,
            rule=f"is for hosts whose chips ECS hands out, and {instance.name} has none",
            fix="remove it",
            source=ECS_NEURON,
        )
    elif not NEURON_CORES[instance.core_version].managed_instances:
        findings.refuse(
            f"{place}.capacity",
            pool.capacity,
            rule=f"knows no {instance.chip} chips ({instance.name})",
            fix="remove it, or use inf2.xlarge",
            source=ECS_NEURON,
        )
    for key in (key for key in _NOT_MANAGED if chosen(pool, key)):
        findings.refuse(
            f"{place}.{key}",
            getattr(pool, key),
            rule="is for ECS to decide with capacity: managed-instances",
            fix="remove it",
            source=_MANAGED,
        )
