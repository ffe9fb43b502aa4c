"""An ECS cluster whose capacity is any mixture of capacity pools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
import jsii
from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from constructs import Construct, IConstruct

from accelerator_catalog import NeuronInstance
from inference_constructs.log_retention import RETENTION, retention

from .capacity_pool import CapacityPool
from .neuron_pool import NeuronCapacityPool
from .pool_drain import MOST_DRAIN_MINUTES, PoolDrain
from .pool_props import CapacityPoolProps

_ASSOCIATION = "AWS::ECS::ClusterCapacityProviderAssociations"
# After the CDK's own aspect, which makes the association at synthesis.
_AFTER_THE_CDKS = cdk.AspectPriority.MUTATING + 50


@dataclass(frozen=True, kw_only=True)
class EcsClusterProps:
    """``drain_minutes``: how long the deletion of a pool waits for its last instance."""

    vpc: ec2.IVpc
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    log_retention_days: int = 30
    drain_minutes: int = 30

    def __post_init__(self) -> None:
        problems: list[str] = []
        if self.log_retention_days not in RETENTION:
            problems.append(
                f"log_retention_days must be one of {', '.join(map(str, RETENTION))}, got"
                f" {self.log_retention_days}"
            )
        if not 1 <= self.drain_minutes <= MOST_DRAIN_MINUTES:
            problems.append(
                f"drain_minutes must be 1 to {MOST_DRAIN_MINUTES}, which CloudFormation's hour for"
                f" a custom resource leaves, got {self.drain_minutes}"
            )
        if problems:
            raise ValueError("invalid EcsClusterProps: " + "; ".join(problems))


class EcsCluster(Construct):
    """A cluster with container insights, named by CloudFormation.

    A pool is taken out in two deployments: first its services and then, once they are deleted, the
    pool itself. CloudFormation takes the capacity provider from the cluster before it deletes a
    service, and ECS lets go of none that tasks use. Another instance type is another pool, to which
    services move before the old one goes: hosts of the old type would fill the group.
    """

    def __init__(self, scope: Construct, construct_id: str, props: EcsClusterProps) -> None:
        super().__init__(scope, construct_id)
        self.vpc = props.vpc
        self.removal_policy = props.removal_policy
        self.log_retention = retention(props.log_retention_days)
        self._drain_minutes = props.drain_minutes
        self._drain: PoolDrain | None = None
        self._pools: dict[str, CapacityPool] = {}
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=props.vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        cdk.Aspects.of(self.cluster).add(_DrainFirst(self._pools), priority=_AFTER_THE_CDKS)

    @property
    def pools(self) -> Mapping[str, CapacityPool]:
        """Pools by name."""
        return dict(self._pools)

    def add_pool(self, props: CapacityPoolProps) -> CapacityPool:
        """A `NeuronCapacityPool` for a Neuron instance type, else a `CapacityPool`.

        Raises ValueError for a name or an instance type that the cluster has already: daemons and
        one-off tasks find their pool by the instance type.
        """
        self._check(props)
        drain = self._drain = self._drain or PoolDrain(
            self,
            "PoolDrain",
            drain_minutes=self._drain_minutes,
            log_retention=self.log_retention,
            removal_policy=self.removal_policy,
        )
        pool: CapacityPool
        if isinstance(props.instance, NeuronInstance):
            pool = NeuronCapacityPool(
                self,
                props.name,
                props,
                cluster=self.cluster,
                drain=drain,
                log_retention=self.log_retention,
                removal_policy=self.removal_policy,
            )
        else:
            pool = CapacityPool(self, props.name, props, cluster=self.cluster, drain=drain)
        self._pools[props.name] = pool
        return pool

    def _check(self, props: CapacityPoolProps) -> None:
        problems: list[str] = []
        if props.name in self._pools:
            problems.append(f"name must be new in the cluster, got {props.name!r} twice")
        for other in self._pools.values():
            if other.instance.name == props.instance.name:
                problems.append(
                    f"instance must be new in the cluster, got {props.instance.name!r}, which pool"
                    f" {other.name!r} has (raise its max_instances, or give it spot)"
                )
        if problems:
            raise ValueError(f"pool {props.name!r} cannot be added: " + "; ".join(problems))


@jsii.implements(cdk.IAspect)
class _DrainFirst:
    """Lets a pool be emptied while the cluster still knows its capacity provider."""

    def __init__(self, pools: Mapping[str, CapacityPool]) -> None:
        self._pools = pools

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, cdk.CfnResource) and node.cfn_resource_type == _ASSOCIATION:
            for pool in self._pools.values():
                pool.drain_after(node)
