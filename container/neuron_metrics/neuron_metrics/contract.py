"""The names that `fleet_packing.core_metrics` gives, for an image that holds nothing else.

A test holds the two equal; what the names mean is said there.
"""

NAMESPACE = "NeuronFleet"

CLUSTER_DIMENSION = "ClusterName"
SERVICE_DIMENSION = "ServiceName"
POOL_DIMENSION = "PoolName"

UTILIZATION_METRIC = "NeuronCoreUtilization"
MEMORY_METRIC = "NeuronDeviceMemoryUsed"
ERRORS_METRIC = "NeuronExecutionErrors"

CLUSTER_VARIABLE = "NEURON_METRICS_CLUSTER"
POOL_VARIABLE = "NEURON_METRICS_POOL"
OWNERS_VARIABLE = "NEURON_METRICS_OWNERS"
PERIOD_VARIABLE = "NEURON_METRICS_PERIOD_SECONDS"
REGION_VARIABLE = "AWS_REGION"
DEFAULT_PERIOD_SECONDS = 60
