"""A multi-model endpoint: what callers see, what its caches do, what its instances have left."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch

from .catalogued import PERIOD, milliseconds, seconds
from .endpoint_alarms import cache_alarms, call_alarms, load_alarms
from .endpoint_series import EndpointSeries
from .props import Thresholds, WatchedEndpoint
from .section import Panel, Section, graph, numbers


def endpoint_section(watched: WatchedEndpoint, thresholds: Thresholds) -> Section:
    """Four rows, or three where nothing is cached."""
    series = EndpointSeries(watched.endpoint)
    part = _Panels(watched, thresholds, series)
    caches = watched.caches
    return Section(
        heading=f"Endpoint {watched.endpoint.endpoint_name}",
        rows=[
            [part.now()],
            part.calls(),
            *([part.cache()] if caches else []),
            part.instances(),
        ],
        alarms=[
            *call_alarms(series, thresholds),
            *(cache_alarms(series, thresholds) if caches else ()),
            *load_alarms(series, thresholds, gpus=watched.gpus),
        ],
    )


class _Panels:
    def __init__(
        self, watched: WatchedEndpoint, thresholds: Thresholds, series: EndpointSeries
    ) -> None:
        self._watched = watched
        self._limits = thresholds
        self._call = series.call
        self._instance = series.instance
        self._error_percent = series.error_percent
        self._hit_percent = series.hit_percent

    def now(self) -> Panel:
        shown: list[cloudwatch.IMetric] = [
            self._call("Invocations", "Sum", "calls a minute"),
            self._error_percent(PERIOD),
            milliseconds(self._call("ModelLatency", "p99"), "p99, ms"),
        ]
        if self._watched.caches:
            shown.append(self._hit_percent(PERIOD))
        shown += [
            self._instance("LoadedModelCount", "Average", "models an instance"),
            self._instance("GPUUtilization", "Average", "GPU, %"),
        ]
        return numbers("Now", shown)

    def calls(self) -> Sequence[Panel]:
        limits = self._limits
        return [
            graph(
                "Calls a minute",
                [
                    self._call("Invocations", "Sum", "endpoint"),
                    self._call("InvocationsPerInstance", "Sum", "instance"),
                ],
                unit="calls",
            ),
            graph(
                "Errors a minute",
                [
                    self._call("Invocation5XXErrors", "Sum", "5xx"),
                    self._call("Invocation4XXErrors", "Sum", "4xx, loading models too"),
                    self._call("InvocationModelErrors", "Sum", "container"),
                ],
                unit="calls",
            ),
            graph(
                "Model latency",
                [
                    milliseconds(self._call("ModelLatency", statistic), statistic)
                    for statistic in ("p50", "p90", "p99")
                ],
                unit="ms",
                limit=(limits.latency_ms, "too slow"),
            ),
            graph(
                "Overhead of SageMaker",
                [
                    milliseconds(self._call("OverheadLatency", "Average"), "average"),
                    milliseconds(self._call("OverheadLatency", "Maximum"), "maximum"),
                ],
                unit="ms",
            ),
        ]

    def cache(self) -> Sequence[Panel]:
        limits = self._limits
        return [
            graph(
                "Calls of a loaded model",
                [self._hit_percent(PERIOD)],
                unit="%",
                limit=(limits.cache_hit_percent, "too many cold calls"),
                most=100,
            ),
            graph(
                "Loads and evictions a minute",
                [
                    self._call("ModelLoadingTime", "SampleCount", "loads"),
                    self._call("ModelUnloadingTime", "SampleCount", "evictions"),
                ],
                unit="models",
                limit=(limits.evictions_per_hour / 60, "thrashing"),
            ),
            graph(
                "Wait of a cold call",
                [
                    seconds(self._call("ModelLoadingWaitTime", "Average"), "average"),
                    seconds(self._call("ModelLoadingWaitTime", "Maximum"), "maximum"),
                ],
                unit="s",
                limit=(limits.load_wait_seconds, "too long"),
            ),
            graph(
                "Where the wait goes",
                [
                    seconds(self._call("ModelDownloadingTime", "Average"), "download"),
                    seconds(self._call("ModelLoadingTime", "Average"), "load"),
                    seconds(self._call("ModelUnloadingTime", "Average"), "unload"),
                ],
                unit="s",
            ),
        ]

    def instances(self) -> Sequence[Panel]:
        limits, watched = self._limits, self._watched
        return [
            graph(
                "Loaded models",
                [
                    self._instance("LoadedModelCount", "Average", "on an instance"),
                    self._instance("LoadedModelCount", "Sum", "in all, copies counted"),
                ],
                unit="models",
            ),
            graph(
                "GPU",
                [
                    self._instance("GPUUtilization", "Average", "compute"),
                    self._instance("GPUMemoryUtilization", "Average", "memory"),
                ],
                unit="%",
                limit=(limits.gpu_percent * watched.gpus, "saturated"),
                most=100 * watched.gpus,
            ),
            graph(
                f"CPU (100 % a core, {watched.vcpus} cores)",
                [self._instance("CPUUtilization", "Average", "cores")],
                unit="%",
                most=100 * watched.vcpus,
            ),
            graph(
                "Memory and disk",
                [
                    self._instance("MemoryUtilization", "Maximum", "memory, fullest instance"),
                    self._instance("DiskUtilization", "Maximum", "disk, fullest instance"),
                ],
                unit="%",
                limit=(limits.disk_percent, "disk is full"),
                most=100,
            ),
        ]
