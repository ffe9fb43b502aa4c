"""The names that clients publish and that dashboards read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

NAMESPACE: Final = "InferenceModels"
"""CloudWatch namespace."""
ENDPOINT_DIMENSION: Final = "EndpointName"
MODEL_DIMENSION: Final = "ModelName"
OF_ALL_MODELS: Final = (ENDPOINT_DIMENSION,)
DIMENSION_SETS: Final = ((ENDPOINT_DIMENSION, MODEL_DIMENSION), OF_ALL_MODELS)
"""A series for each model, and one for all of them: CloudWatch adds nothing up by itself."""

LATENCY: Final = "Latency"
CALLS: Final = "Calls"
ERRORS: Final = "Errors"
COLD_CALLS: Final = "ColdCalls"
REQUEST_BYTES: Final = "RequestBytes"
RESPONSE_BYTES: Final = "ResponseBytes"
METRICS: Final[Mapping[str, tuple[Literal["Bytes", "Count", "Milliseconds"], str]]] = (
    MappingProxyType(
        {
            LATENCY: ("Milliseconds", "what the caller waited, network and loading included"),
            CALLS: ("Count", "1 for each call"),
            ERRORS: ("Count", "1 for each call that got no answer, else 0; Average is the rate"),
            COLD_CALLS: (
                "Count",
                "1 where the model had to be loaded, else 0; Average is the rate",
            ),
            REQUEST_BYTES: ("Bytes", "size of the request body"),
            RESPONSE_BYTES: ("Bytes", "size of the answer"),
        }
    )
)
"""Unit and meaning by name."""
MOST_VALUES: Final = 100
"""Values that one record holds of one metric:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html"""
