"""Metrics of a multi-model endpoint and of its instances. None of them is per model."""

from __future__ import annotations

from metric_catalog.metric import EVERY, PLAIN, CatalogMetric, Statistic, Unit, sets

_SOURCE = "https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html"
INVOCATIONS = "AWS/SageMaker"
INSTANCES = "/aws/sagemaker/Endpoints"
# The multi-model page's own scaling sample has EndpointName with ModelName, which is no series:
# https://docs.aws.amazon.com/sagemaker/latest/dg/multi-model-endpoints-autoscaling.html
_VARIANT = sets("EndpointName VariantName")
# Answers are counted for each configuration as well, so that alarms can watch a new fleet alone:
# https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
_FLEET = sets("EndpointName VariantName EndpointConfigName")
_OF_A_FLEET = frozenset(
    {
        "Invocations",
        "Invocation4XXErrors",
        "Invocation5XXErrors",
        "InvocationModelErrors",
        "ModelLatency",
        "OverheadLatency",
    }
)


def _metric(
    namespace: str, name: str, unit: Unit, statistics: tuple[Statistic, ...], meaning: str
) -> CatalogMetric:
    return CatalogMetric(
        namespace=namespace,
        name=name,
        dimensions=(*_VARIANT, *_FLEET) if name in _OF_A_FLEET else _VARIANT,
        unit=unit,
        statistics=statistics,
        meaning=meaning,
        source=_SOURCE,
    )


_FLAG: tuple[Statistic, ...] = ("Average", "Sum")
SAGEMAKER = (
    _metric(INVOCATIONS, "Invocations", "None", ("Sum",), "requests to the endpoint"),
    _metric(INVOCATIONS, "InvocationsPerInstance", "None", ("Sum",), "requests by active instance"),
    _metric(
        INVOCATIONS,
        "Invocation4XXErrors",
        "None",
        _FLAG,
        "1 for each 4xx answer, else 0; the 429 of a model that is loading counts",
    ),
    _metric(INVOCATIONS, "Invocation5XXErrors", "None", _FLAG, "1 for each 5xx answer, else 0"),
    _metric(
        INVOCATIONS,
        "InvocationModelErrors",
        "None",
        _FLAG,
        "1 for each request that the container did not answer with 2xx, else 0",
    ),
    _metric(INVOCATIONS, "ModelLatency", "Microseconds", EVERY, "the container's answer time"),
    _metric(
        INVOCATIONS,
        "OverheadLatency",
        "Microseconds",
        PLAIN,
        "what SageMaker adds; no percentiles, unlike ModelLatency",
    ),
    _metric(
        INVOCATIONS,
        "ModelLoadingWaitTime",
        "Microseconds",
        PLAIN,
        "how long a request waited for its model to be downloaded and loaded",
    ),
    _metric(INVOCATIONS, "ModelDownloadingTime", "Microseconds", PLAIN, "S3 to the instance"),
    _metric(
        INVOCATIONS,
        "ModelLoadingTime",
        "Microseconds",
        PLAIN,
        "the container's load call; SampleCount is the number of loads",
    ),
    _metric(
        INVOCATIONS,
        "ModelUnloadingTime",
        "Microseconds",
        PLAIN,
        "the container's unload call; SampleCount is the number of evictions",
    ),
    _metric(
        INVOCATIONS,
        "ModelCacheHit",
        "None",
        ("Average", "SampleCount", "Sum"),
        "1 where the model was loaded already, else 0; Average is the hit ratio",
    ),
    _metric(
        INSTANCES,
        "LoadedModelCount",
        "None",
        PLAIN,
        "models in memory, by instance; Sum counts a model once for each that holds it",
    ),
    _metric(INSTANCES, "CPUUtilization", "Percent", EVERY, "100 for each core"),
    _metric(INSTANCES, "MemoryUtilization", "Percent", EVERY, "of the instance's memory"),
    _metric(INSTANCES, "DiskUtilization", "Percent", EVERY, "of the instance's disk"),
    _metric(INSTANCES, "GPUUtilization", "Percent", EVERY, "100 for each GPU"),
    _metric(INSTANCES, "GPUMemoryUtilization", "Percent", EVERY, "100 for each GPU"),
)
