"""When a multi-model endpoint is not well."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch

from .alarm import AlarmSpec
from .endpoint_series import FIVE_MINUTES, EndpointSeries
from .props import Thresholds


def call_alarms(series: EndpointSeries, limits: Thresholds) -> Sequence[AlarmSpec]:
    """What callers notice."""
    return [
        AlarmSpec(
            name="endpoint-errors",
            metric=series.error_percent(FIVE_MINUTES),
            threshold=limits.error_percent,
            periods=3,
            breaching=2,
            reason=f"More than {limits.error_percent:g} % of the calls got a 5xx for 10 of 15"
            " minutes: callers see failures.",
            runbook="endpoint-errors",
        ),
        AlarmSpec(
            name="endpoint-latency",
            metric=series.call("ModelLatency", "p99", "p99"),
            threshold=limits.latency_ms * 1000,
            periods=10,
            breaching=8,
            reason=f"One answer in 100 took the container over {limits.latency_ms:g} ms for 8"
            " of 10 minutes. Loading is not part of this time.",
            runbook="endpoint-latency",
        ),
        AlarmSpec(
            name="endpoint-silent",
            metric=series.instance("CPUUtilization", "SampleCount", "reports"),
            threshold=1,
            below=True,
            periods=10,
            silence=cloudwatch.TreatMissingData.BREACHING,
            reason="No instance reported for 10 minutes: the endpoint is failed or gone, and"
            " no other alarm would notice, as there are no calls to count.",
            runbook="endpoint-silent",
        ),
    ]


def cache_alarms(series: EndpointSeries, limits: Thresholds) -> Sequence[AlarmSpec]:
    """Models that do not stay in memory."""
    return [
        AlarmSpec(
            name="cold-calls",
            metric=series.hit_percent(FIVE_MINUTES),
            threshold=limits.cache_hit_percent,
            below=True,
            periods=3,
            reason=f"Fewer than {limits.cache_hit_percent:g} % of the calls found their model"
            " loaded for 15 minutes: the others waited for it.",
            runbook="cold-calls",
        ),
        AlarmSpec(
            name="thrashing",
            metric=series.call(
                "ModelUnloadingTime", "SampleCount", "evictions", period=FIVE_MINUTES
            ),
            threshold=limits.evictions_per_hour / 12,
            periods=3,
            reason=f"Models were evicted at over {limits.evictions_per_hour:g} an hour for 15"
            " minutes: the models in use do not fit, and each eviction is a cold call to come.",
            runbook="thrashing",
        ),
        AlarmSpec(
            name="load-wait",
            metric=series.call("ModelLoadingWaitTime", "Maximum", "longest wait"),
            threshold=limits.load_wait_seconds * 1_000_000,
            periods=10,
            breaching=3,
            reason=f"A call waited over {limits.load_wait_seconds:g} s for its model in 3 of 10"
            " minutes. InvokeEndpoint gives up after 60 s.",
            runbook="cold-calls",
        ),
    ]


def load_alarms(series: EndpointSeries, limits: Thresholds, *, gpus: int) -> Sequence[AlarmSpec]:
    """Instances without anything left."""
    return [
        AlarmSpec(
            name="disk-full",
            metric=series.instance("DiskUtilization", "Maximum", "fullest disk"),
            threshold=limits.disk_percent,
            periods=5,
            reason=f"An instance's disk was over {limits.disk_percent:g} % full for 5 minutes:"
            " models that do not fit on it cannot be loaded.",
            runbook="disk-full",
        ),
        AlarmSpec(
            name="gpu-saturated",
            metric=series.instance("GPUUtilization", "Average", "GPU"),
            threshold=limits.gpu_percent * gpus,
            periods=15,
            reason=f"The GPUs were over {limits.gpu_percent:g} % busy for 15 minutes:"
            " scaling is at its maximum, or off, and calls queue up.",
            runbook="gpu-saturated",
        ),
    ]
