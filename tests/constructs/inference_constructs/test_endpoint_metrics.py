"""Every metric of a multi-model endpoint, against the table of the documentation."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from inference_constructs import InvocableEndpoint, MultiModelEndpoint

CALLS = "AWS/SageMaker"
INSTANCES = "/aws/sagemaker/Endpoints"
# https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
METRICS = [
    ("metric_invocations", CALLS, "Invocations", None, "Sum"),
    ("metric_invocations_per_instance", CALLS, "InvocationsPerInstance", None, "Sum"),
    ("metric_invocation_4xx_errors", CALLS, "Invocation4XXErrors", None, "Sum"),
    ("metric_invocation_5xx_errors", CALLS, "Invocation5XXErrors", None, "Sum"),
    ("metric_invocation_model_errors", CALLS, "InvocationModelErrors", None, "Sum"),
    ("metric_model_latency", CALLS, "ModelLatency", "MICROSECONDS", "p99"),
    ("metric_overhead_latency", CALLS, "OverheadLatency", "MICROSECONDS", "Average"),
    ("metric_model_loading_wait_time", CALLS, "ModelLoadingWaitTime", "MICROSECONDS", "Average"),
    ("metric_model_downloading_time", CALLS, "ModelDownloadingTime", "MICROSECONDS", "Average"),
    ("metric_model_loading_time", CALLS, "ModelLoadingTime", "MICROSECONDS", "Average"),
    ("metric_model_unloading_time", CALLS, "ModelUnloadingTime", "MICROSECONDS", "Average"),
    ("metric_model_cache_hit", CALLS, "ModelCacheHit", None, "Average"),
    ("metric_loaded_model_count", INSTANCES, "LoadedModelCount", None, "Average"),
    ("metric_cpu_utilization", INSTANCES, "CPUUtilization", "PERCENT", "Average"),
    ("metric_memory_utilization", INSTANCES, "MemoryUtilization", "PERCENT", "Average"),
    ("metric_disk_utilization", INSTANCES, "DiskUtilization", "PERCENT", "Average"),
    ("metric_gpu_utilization", INSTANCES, "GPUUtilization", "PERCENT", "Average"),
    ("metric_gpu_memory_utilization", INSTANCES, "GPUMemoryUtilization", "PERCENT", "Average"),
]


@pytest.fixture(scope="module")
def endpoint(elsewhere: cdk.Stack) -> InvocableEndpoint:
    return MultiModelEndpoint.from_endpoint_name(elsewhere, "Metrics", "fleet")


@pytest.mark.parametrize(("method", "namespace", "name", "unit", "statistic"), METRICS)
def test_metric_has_its_namespace_name_unit_and_dimensions(
    endpoint: InvocableEndpoint,
    method: str,
    namespace: str,
    name: str,
    unit: str | None,
    statistic: str,
) -> None:
    metric = getattr(endpoint, method)()

    assert (metric.namespace, metric.metric_name) == (namespace, name)
    assert (None if metric.unit is None else metric.unit.name) == unit
    assert metric.statistic == statistic
    assert metric.period.to_seconds() == 60
    assert metric.dimensions == {"EndpointName": "fleet", "VariantName": "AllTraffic"}


def test_every_metric_method_is_in_the_table() -> None:
    methods = {name for name in dir(InvocableEndpoint) if name.startswith("metric_")}

    assert methods == {method for method, *_ in METRICS}


def test_evictions_are_the_sample_count_of_the_unloading_time(endpoint: InvocableEndpoint) -> None:
    assert endpoint.metric_model_unloading_time(statistic="SampleCount").statistic == "SampleCount"
