"""From a report to the data of one PutMetricData call.

A service without a NeuronCore in use has no data, as 0 would tell an alarm or a scaling policy that
it idles. One that runs and gets no traffic has its cores in use, and its data are 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from neuron_metrics.contract import (
    CLUSTER_DIMENSION,
    ERRORS_METRIC,
    MEMORY_METRIC,
    POOL_DIMENSION,
    SERVICE_DIMENSION,
    UTILIZATION_METRIC,
)
from neuron_metrics.report import Report, Runtime
from neuron_metrics.settings import Settings


def metric_data(report: Report, settings: Settings) -> list[dict[str, Any]]:
    """``MetricData``, first of the pool and then of each service; empty where nothing is in use."""
    cores = _utilization(report)
    data = _group(
        _dimensions(settings, POOL_DIMENSION, settings.pool),
        utilization=cores,
        memory=_total(runtime.device_memory for runtime in report.runtimes),
        errors=_total(runtime.errors for runtime in report.runtimes),
    )
    for service, owned in settings.owners.items():
        own = [runtime for runtime in report.runtimes if _belongs(runtime, owned)]
        data += _group(
            _dimensions(settings, SERVICE_DIMENSION, service),
            utilization={core: value for core, value in cores.items() if core in owned},
            memory=_total(
                amount
                for runtime in report.runtimes
                for core, amount in runtime.memory.items()
                if core in owned
            ),
            errors=_total(runtime.errors for runtime in own),
        )
    return data


def _utilization(report: Report) -> dict[int, float]:
    """Percent by core. A core has one owner, and other processes list it with 0."""
    cores: dict[int, float] = {}
    for runtime in report.runtimes:
        for core, value in runtime.utilization.items():
            cores[core] = min(cores.get(core, 0.0) + value, 100.0)
    return dict(sorted(cores.items()))


def _belongs(runtime: Runtime, owned: frozenset[int]) -> bool:
    """A container sees the chips of one service, so that one core tells whose process it is."""
    return bool(runtime.utilization) and min(runtime.utilization) in owned


def _total(amounts: Iterable[int | None]) -> int | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


def _dimensions(settings: Settings, kind: str, name: str) -> list[dict[str, str]]:
    return [
        {"Name": CLUSTER_DIMENSION, "Value": settings.cluster},
        {"Name": kind, "Value": name},
    ]


def _group(
    dimensions: list[dict[str, str]],
    *,
    utilization: Mapping[int, float],
    memory: int | None,
    errors: int | None,
) -> list[dict[str, Any]]:
    if not utilization:
        return []
    # every core is a value of its own: averages over hosts then weigh each core the same, and
    # the maximum is the busiest core
    counted = Counter(utilization.values())
    values, counts = list(counted), [float(count) for count in counted.values()]
    data: list[dict[str, Any]] = [
        {"MetricName": UTILIZATION_METRIC, "Values": values, "Counts": counts, "Unit": "Percent"}
    ]
    if memory is not None:
        data.append({"MetricName": MEMORY_METRIC, "Value": memory, "Unit": "Bytes"})
    if errors is not None:
        data.append({"MetricName": ERRORS_METRIC, "Value": errors, "Unit": "Count"})
    return [{**datum, "Dimensions": dimensions} for datum in data]
