"""Metrics of Neuron hosts: our daemon's, and those of AWS's problem detector."""

from __future__ import annotations

from fleet_packing.core_metrics import (
    CLUSTER_DIMENSION,
    ERRORS_METRIC,
    MEMORY_METRIC,
    NAMESPACE,
    POOL_DIMENSION,
    SERVICE_DIMENSION,
    UTILIZATION_METRIC,
)
from metric_catalog.metric import EVERY, CatalogMetric, Unit, sets

CORES = NAMESPACE
CHIPS = "NeuronHealthCheck"
HARDWARE_ERRORS = (
    "SRAM_UNCORRECTABLE_ERROR",
    "NC_UNCORRECTABLE_ERROR",
    "HBM_UNCORRECTABLE_ERROR",
    "DMA_ERROR",
)
"""What the driver writes into the kernel's log when a chip has failed for good."""
_DAEMON = "container/neuron_metrics, contract.py"
_DETECTOR = "https://awsdocs-neuron.readthedocs-hosted.com/en/latest/deploy/ecs/npd.html"


def _core_metric(name: str, unit: Unit, meaning: str) -> CatalogMetric:
    return CatalogMetric(
        namespace=CORES,
        name=name,
        dimensions=sets(
            f"{CLUSTER_DIMENSION} {SERVICE_DIMENSION}", f"{CLUSTER_DIMENSION} {POOL_DIMENSION}"
        ),
        unit=unit,
        statistics=EVERY,
        meaning=meaning,
        source=_DAEMON,
    )


NEURON = (
    _core_metric(UTILIZATION_METRIC, "Percent", "each NeuronCore in use; no data where none is"),
    _core_metric(MEMORY_METRIC, "Bytes", "memory of the chips of one host"),
    _core_metric(ERRORS_METRIC, "Count", "failed executions since the value before"),
    *(
        CatalogMetric(
            namespace=CHIPS,
            name=f"NeuronHasError_{error}",
            # The recovery's image is all there is to read, so that it is searched for by namespace.
            dimensions=None,
            unit="Count",
            statistics=("Sum", "SampleCount"),
            meaning="1 when the driver reports a chip that has failed",
            source=_DETECTOR,
        )
        for error in HARDWARE_ERRORS
    ),
)
