"""The catalogue says the same as everything else that names metrics."""

from __future__ import annotations

import inspect
from datetime import date

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch

from fleet_packing import core_metrics
from inference_constructs import MultiModelEndpoint
from inference_constructs.ecs.problem_detector import METRICS_NAMESPACE
from inference_constructs.endpoint_metrics import EndpointMetrics
from metric_catalog import METRICS
from metric_catalog.neuron import CHIPS
from model_metrics import contract

_METHODS = sorted(
    name for name, _ in inspect.getmembers(EndpointMetrics) if name.startswith("metric_")
)


def test_every_row_has_a_source_and_a_date() -> None:
    for row in METRICS.values():
        assert row.source and row.meaning
        assert row.checked >= date(2026, 11, 1)
        assert row.statistics


@pytest.mark.parametrize("method", _METHODS)
def test_every_metric_method_of_an_endpoint_is_catalogued(method: str) -> None:
    endpoint = MultiModelEndpoint.from_endpoint_name(cdk.Stack(), "Endpoint", "models")

    metric: cloudwatch.Metric = getattr(endpoint, method)()

    row = METRICS[metric.namespace, metric.metric_name]
    assert row.has(frozenset(metric.dimensions or {}))
    assert row.takes(metric.statistic)
    assert metric.unit is None or metric.unit.name == row.unit.upper()


def test_an_endpoints_metrics_are_of_a_variant_and_never_of_a_model() -> None:
    """AWS's own sample scales on EndpointName and ModelName, which is no series."""
    row = METRICS["/aws/sagemaker/Endpoints", "GPUUtilization"]

    assert row.has(frozenset({"EndpointName", "VariantName"}))
    assert not row.has(frozenset({"EndpointName", "ModelName"}))
    assert not row.has(frozenset({"EndpointName"}))


@pytest.mark.parametrize(
    ("name", "statistic", "valid"),
    [
        ("ModelLatency", "p99", True),
        ("ModelLatency", "p99.9", True),
        ("ModelLatency", "pretty", False),
        ("OverheadLatency", "p99", False),
        ("ModelLoadingWaitTime", "p99", False),
        ("ModelUnloadingTime", "SampleCount", True),
        ("ModelCacheHit", "Maximum", False),
        ("InvocationsPerInstance", "Average", False),
    ],
)
def test_statistics_are_those_that_the_publisher_calls_valid(
    name: str, statistic: str, valid: bool
) -> None:
    assert METRICS["AWS/SageMaker", name].takes(statistic) is valid


def test_times_of_sagemaker_are_in_microseconds() -> None:
    times = [row for (_, name), row in METRICS.items() if name.startswith("Model")]

    assert {row.unit for row in times if row.name.endswith(("Time", "Latency"))} == {"Microseconds"}


def test_the_daemon_publishes_what_is_catalogued() -> None:
    for name in (
        core_metrics.UTILIZATION_METRIC,
        core_metrics.MEMORY_METRIC,
        core_metrics.ERRORS_METRIC,
    ):
        row = METRICS[core_metrics.NAMESPACE, name]
        for dimension in (core_metrics.SERVICE_DIMENSION, core_metrics.POOL_DIMENSION):
            assert row.has(frozenset({core_metrics.CLUSTER_DIMENSION, dimension}))
    assert CHIPS == METRICS_NAMESPACE


def test_callers_publish_what_is_catalogued() -> None:
    for name, (unit, _) in contract.METRICS.items():
        row = METRICS[contract.NAMESPACE, name]
        assert row.unit == unit
        assert all(row.has(frozenset(names)) for names in contract.DIMENSION_SETS)
