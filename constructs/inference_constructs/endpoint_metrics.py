"""Every CloudWatch metric of a multi-model endpoint, one method each.

Source of names, units and meaning:
https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html. All are published each
minute with the dimensions ``EndpointName`` and ``VariantName``; none is per model.
"""

from __future__ import annotations

from abc import abstractmethod

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

_INVOCATIONS = "AWS/SageMaker"
_INSTANCES = "/aws/sagemaker/Endpoints"
_PERCENT = cloudwatch.Unit.PERCENT
_MICROSECONDS = cloudwatch.Unit.MICROSECONDS


class EndpointMetrics:
    """Metrics of one variant of one endpoint. Each covers one minute and can be changed by
    ``Metric.with_``."""

    @property
    @abstractmethod
    def endpoint_name(self) -> str:
        """The endpoint's name."""

    @property
    @abstractmethod
    def variant_name(self) -> str:
        """The production variant's name."""

    def metric_invocations(self, *, statistic: str = "Sum") -> cloudwatch.Metric:
        """``AWS/SageMaker Invocations``: requests sent to the endpoint, a count."""
        return self._metric(_INVOCATIONS, "Invocations", statistic)

    def metric_invocations_per_instance(self) -> cloudwatch.Metric:
        """``AWS/SageMaker InvocationsPerInstance``: requests by instance, a count. Sum only."""
        return self._metric(_INVOCATIONS, "InvocationsPerInstance", "Sum")

    def metric_invocation_4xx_errors(self, *, statistic: str = "Sum") -> cloudwatch.Metric:
        """``AWS/SageMaker Invocation4XXErrors``: calls answered with a 4xx status, a count.

        Counts the 429 of a model that is still loading, too.
        """
        return self._metric(_INVOCATIONS, "Invocation4XXErrors", statistic)

    def metric_invocation_5xx_errors(self, *, statistic: str = "Sum") -> cloudwatch.Metric:
        """``AWS/SageMaker Invocation5XXErrors``: calls answered with a 5xx status, a count."""
        return self._metric(_INVOCATIONS, "Invocation5XXErrors", statistic)

    def metric_invocation_model_errors(self, *, statistic: str = "Sum") -> cloudwatch.Metric:
        """``AWS/SageMaker InvocationModelErrors``: calls the container did not answer with 2xx,
        a count."""
        return self._metric(_INVOCATIONS, "InvocationModelErrors", statistic)

    def metric_model_latency(self, *, statistic: str = "p99") -> cloudwatch.Metric:
        """``AWS/SageMaker ModelLatency``: the container's answer time, in microseconds."""
        return self._metric(_INVOCATIONS, "ModelLatency", statistic, _MICROSECONDS)

    def metric_overhead_latency(self, *, statistic: str = "Average") -> cloudwatch.Metric:
        """``AWS/SageMaker OverheadLatency``: what SageMaker adds to it, in microseconds. It has no
        percentiles."""
        return self._metric(_INVOCATIONS, "OverheadLatency", statistic, _MICROSECONDS)

    def metric_model_loading_wait_time(self, *, statistic: str = "Average") -> cloudwatch.Metric:
        """``AWS/SageMaker ModelLoadingWaitTime``: how long a call waited for its model to be
        downloaded and loaded, in microseconds."""
        return self._metric(_INVOCATIONS, "ModelLoadingWaitTime", statistic, _MICROSECONDS)

    def metric_model_downloading_time(self, *, statistic: str = "Average") -> cloudwatch.Metric:
        """``AWS/SageMaker ModelDownloadingTime``: from S3 to the instance, in microseconds."""
        return self._metric(_INVOCATIONS, "ModelDownloadingTime", statistic, _MICROSECONDS)

    def metric_model_loading_time(self, *, statistic: str = "Average") -> cloudwatch.Metric:
        """``AWS/SageMaker ModelLoadingTime``: the container's load call, in microseconds."""
        return self._metric(_INVOCATIONS, "ModelLoadingTime", statistic, _MICROSECONDS)

    def metric_model_unloading_time(self, *, statistic: str = "Average") -> cloudwatch.Metric:
        """``AWS/SageMaker ModelUnloadingTime``: the container's unload call, in microseconds.

        With ``statistic="SampleCount"`` it is the number of evictions.
        """
        return self._metric(_INVOCATIONS, "ModelUnloadingTime", statistic, _MICROSECONDS)

    def metric_model_cache_hit(self, *, statistic: str = "Average") -> cloudwatch.Metric:
        """``AWS/SageMaker ModelCacheHit``: 1 where the model was loaded already; Average is the
        hit ratio, 0 to 1, without a unit."""
        return self._metric(_INVOCATIONS, "ModelCacheHit", statistic)

    def metric_loaded_model_count(self, *, statistic: str = "Average") -> cloudwatch.Metric:
        """``/aws/sagemaker/Endpoints LoadedModelCount``: models in memory by instance, a count.

        Sum counts a model once for each instance that holds it.
        """
        return self._metric(_INSTANCES, "LoadedModelCount", statistic)

    def metric_cpu_utilization(self, *, statistic: str = "Average") -> cloudwatch.Metric:
        """``/aws/sagemaker/Endpoints CPUUtilization``: percent, 100 for each core."""
        return self._metric(_INSTANCES, "CPUUtilization", statistic, _PERCENT)

    def metric_memory_utilization(self, *, statistic: str = "Average") -> cloudwatch.Metric:
        """``/aws/sagemaker/Endpoints MemoryUtilization``: percent of the instance's memory."""
        return self._metric(_INSTANCES, "MemoryUtilization", statistic, _PERCENT)

    def metric_disk_utilization(self, *, statistic: str = "Average") -> cloudwatch.Metric:
        """``/aws/sagemaker/Endpoints DiskUtilization``: percent of the instance's disk."""
        return self._metric(_INSTANCES, "DiskUtilization", statistic, _PERCENT)

    def metric_gpu_utilization(self, *, statistic: str = "Average") -> cloudwatch.Metric:
        """``/aws/sagemaker/Endpoints GPUUtilization``: percent, 100 for each GPU."""
        return self._metric(_INSTANCES, "GPUUtilization", statistic, _PERCENT)

    def metric_gpu_memory_utilization(self, *, statistic: str = "Average") -> cloudwatch.Metric:
        """``/aws/sagemaker/Endpoints GPUMemoryUtilization``: percent, 100 for each GPU."""
        return self._metric(_INSTANCES, "GPUMemoryUtilization", statistic, _PERCENT)

    def _metric(
        self, namespace: str, name: str, statistic: str, unit: cloudwatch.Unit | None = None
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=namespace,
            metric_name=name,
            dimensions_map={
                "EndpointName": self.endpoint_name,
                "VariantName": self.variant_name,
            },
            statistic=statistic,
            period=Duration.minutes(1),
            unit=unit,
        )
