"""What the core metrics daemon is told and what it publishes: names that its consumers share.

``container/neuron_metrics`` is a Docker context of its own and repeats the constants in
``neuron_metrics/contract.py``; a test holds the two equal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

NAMESPACE = "NeuronFleet"
"""CloudWatch namespace, also the condition ``cloudwatch:namespace`` of the daemon's role."""

CLUSTER_DIMENSION = "ClusterName"
SERVICE_DIMENSION = "ServiceName"
POOL_DIMENSION = "PoolName"
"""Each metric comes with (cluster, service) and with (cluster, pool), never with all three."""

UTILIZATION_METRIC = "NeuronCoreUtilization"
"""Percent; one value per NeuronCore in use. No data where none is, 0 where one idles."""
MEMORY_METRIC = "NeuronDeviceMemoryUsed"
"""Bytes on the chips of one host."""
ERRORS_METRIC = "NeuronExecutionErrors"
"""Count of failed executions on one host since the value before."""

CLUSTER_VARIABLE = "NEURON_METRICS_CLUSTER"
POOL_VARIABLE = "NEURON_METRICS_POOL"
OWNERS_VARIABLE = "NEURON_METRICS_OWNERS"
"""JSON object: service name to its NeuronCores, such as ``{"resnet": "0-3"}``."""
PERIOD_VARIABLE = "NEURON_METRICS_PERIOD_SECONDS"
REGION_VARIABLE = "AWS_REGION"
DEFAULT_PERIOD_SECONDS = 60


def owners_value(chips: Mapping[str, range], *, cores_per_chip: int) -> str:
    """The value of OWNERS_VARIABLE for chips by service, as `ChipLedger.owners` has them.

    ``cores_per_chip`` are logical ones; cores are numbered over the whole host.
    """
    cores = {
        service: f"{owned.start * cores_per_chip}-{owned.stop * cores_per_chip - 1}"
        for service, owned in chips.items()
    }
    return json.dumps(cores, sort_keys=True)
