"""The pools of a cluster: whether there are hosts for what wants to run, and what chips say."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from fleet_packing.core_metrics import (
    CLUSTER_DIMENSION,
    ERRORS_METRIC,
    MEMORY_METRIC,
    POOL_DIMENSION,
)
from inference_constructs.ecs import CapacityPool, NeuronCapacityPool
from metric_catalog.ecs import INSIGHTS, MANAGED_SCALING
from metric_catalog.neuron import CHIPS, CORES

from .alarm import AlarmSpec
from .catalogued import computed, metric
from .props import WatchedCluster
from .section import Panel, Section, graph, in_rows

_FIVE_MINUTES = Duration.minutes(5)


def pools_section(watched: WatchedCluster) -> Section:
    """Hosts of every pool side by side. ECS runs the hosts of managed instances itself and counts
    none of them."""
    name = watched.cluster.cluster.cluster_name
    pools = [pool for pool in watched.pools if isinstance(pool, CapacityPool)]
    measured = [
        pool
        for pool in pools
        if isinstance(pool, NeuronCapacityPool) and pool.publishes_core_metrics
    ]
    row: list[Panel] = []
    if pools:
        row.append(
            graph(
                "Hosts wanted over hosts there",
                [_reservation(pool, name) for pool in pools],
                unit="%",
                limit=(100, "tasks wait for a host"),
            )
        )
    row.append(
        graph(
            "Hosts",
            [
                metric(
                    INSIGHTS,
                    "ContainerInstanceCount",
                    {"ClusterName": name},
                    "Maximum",
                    label="in the cluster",
                )
            ],
            unit="hosts",
        )
    )
    if measured:
        row += _neuron(measured, name)
    if watched.chip_errors:
        row.append(_chip_errors())
    return Section(
        heading="Capacity pools",
        rows=in_rows(row),
        alarms=[
            *(_full(pool, name) for pool in pools),
            *(_failing(pool, name) for pool in measured),
        ],
    )


def _reservation(pool: CapacityPool, cluster_name: str) -> cloudwatch.Metric:
    dimensions = {
        "CapacityProviderName": pool.capacity_provider.capacity_provider_name,
        "ClusterName": cluster_name,
    }
    name = "CapacityProviderReservation"
    return metric(MANAGED_SCALING, name, dimensions, "Average", label=pool.name)


def _neuron(pools: list[NeuronCapacityPool], cluster_name: str) -> list[Panel]:
    return [
        graph(
            "Memory of the chips of a host",
            [
                computed(
                    "{m} / 1073741824", pool.name, {"m": _of(pool, cluster_name, MEMORY_METRIC)}
                )
                for pool in pools
            ],
            unit="GiB",
        ),
        graph(
            "Failed executions a minute",
            [_of(pool, cluster_name, ERRORS_METRIC, "Sum") for pool in pools],
            unit="executions",
        ),
    ]


def _of(
    pool: NeuronCapacityPool, cluster_name: str, name: str, statistic: str = "Maximum"
) -> cloudwatch.Metric:
    dimensions = {CLUSTER_DIMENSION: cluster_name, POOL_DIMENSION: pool.name}
    return metric(CORES, name, dimensions, statistic, label=pool.name)


def _chip_errors() -> Panel:
    """Searched for, since the detector's publisher does not say under which dimensions. An alarm
    cannot search, so there is none; with ``recover`` the host is replaced anyway."""
    search = f"SEARCH('Namespace=\"{CHIPS}\"', 'Sum', 300)"
    return graph(
        "Chips that failed, by error", [computed(search, "", period=_FIVE_MINUTES)], unit="errors"
    )


def _full(pool: CapacityPool, cluster_name: str) -> AlarmSpec:
    return AlarmSpec(
        name=f"pool-{pool.name}-full",
        metric=_reservation(pool, cluster_name),
        threshold=100,
        periods=20,
        reason=f"Tasks have waited 20 minutes for a host of pool {pool.name}: it is at its"
        " maximum, or EC2 has no capacity. A host takes a few minutes to start.",
        runbook="pool-full",
    )


def _failing(pool: NeuronCapacityPool, cluster_name: str) -> AlarmSpec:
    return AlarmSpec(
        name=f"pool-{pool.name}-neuron-errors",
        metric=_of(pool, cluster_name, ERRORS_METRIC, "Sum"),
        threshold=0,
        periods=10,
        breaching=3,
        reason=f"Executions on chips of pool {pool.name} failed in 3 of 10 minutes.",
        runbook="neuron-errors",
    )
