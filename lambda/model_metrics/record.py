"""Calls as log lines in CloudWatch's embedded metric format.

Whatever reaches CloudWatch Logs in this form becomes metrics without a call of PutMetricData: a
line on the standard output of a Lambda function or of a container with the awslogs driver.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from model_metrics import contract
from model_metrics.call import ModelCall

Values = Mapping[str, Sequence[float]]


def records(
    calls: Iterable[ModelCall], *, timestamp_ms: int, own_series: bool = True
) -> Iterator[str]:
    """One line for each model, or more where there are over 100 calls of it."""
    by_model: dict[tuple[str, str], list[ModelCall]] = {}
    for call in calls:
        by_model.setdefault((call.endpoint, call.model), []).append(call)
    for of_model in by_model.values():
        for start in range(0, len(of_model), contract.MOST_VALUES):
            part = of_model[start : start + contract.MOST_VALUES]
            yield _record(part, timestamp_ms, own_series=own_series)


def record(call: ModelCall, *, timestamp_ms: int, own_series: bool = True) -> str:
    """One line for one call.

    ``own_series``: whether the model is told apart by CloudWatch, which charges for each of its
    metrics; otherwise its name is in the log only, and the endpoint's series count it.
    """
    return _record([call], timestamp_ms, own_series=own_series)


def _record(calls: Sequence[ModelCall], timestamp_ms: int, *, own_series: bool) -> str:
    """``Failures`` is beside the metrics, for queries: as a dimension each word would be a series
    of its own, and paid for."""
    values = _values(calls)
    sets = contract.DIMENSION_SETS if own_series else (contract.OF_ALL_MODELS,)
    document: dict[str, Any] = {
        "_aws": {
            "Timestamp": timestamp_ms,
            "CloudWatchMetrics": [
                {
                    "Namespace": contract.NAMESPACE,
                    "Dimensions": [list(names) for names in sets],
                    "Metrics": [
                        {"Name": name, "Unit": contract.METRICS[name][0]} for name in values
                    ],
                }
            ],
        },
        contract.ENDPOINT_DIMENSION: calls[0].endpoint,
        contract.MODEL_DIMENSION: calls[0].model,
        **{name: list(of_name) for name, of_name in values.items()},
    }
    failures = sorted({call.error for call in calls if call.error is not None})
    if failures:
        document["Failures"] = failures
    return json.dumps(document, separators=(",", ":"), allow_nan=False)


def _values(calls: Sequence[ModelCall]) -> Values:
    """By metric; what no caller knew is left out, as 0 would be a value."""
    known = {
        contract.LATENCY: [call.milliseconds for call in calls],
        contract.CALLS: [1.0] * len(calls),
        contract.ERRORS: [float(call.error is not None) for call in calls],
        contract.COLD_CALLS: [float(call.cold) for call in calls if call.cold is not None],
        contract.REQUEST_BYTES: _sizes(call.request_bytes for call in calls),
        contract.RESPONSE_BYTES: _sizes(call.response_bytes for call in calls),
    }
    return {name: values for name, values in known.items() if values}


def _sizes(sizes: Iterable[int | None]) -> list[float]:
    return [float(size) for size in sizes if size is not None]
