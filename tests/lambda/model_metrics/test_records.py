"""Records are what CloudWatch's embedded metric format asks for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from model_metrics import ModelCall, record, records
from model_metrics.contract import DIMENSION_SETS, METRICS, NAMESPACE


def _call(**changed: Any) -> ModelCall:
    known: dict[str, Any] = {"endpoint": "prod-models", "model": "minilm", "milliseconds": 7.5}
    return ModelCall(**(known | changed))


def _directive(line: str) -> dict[str, Any]:
    (directive,) = json.loads(line)["_aws"]["CloudWatchMetrics"]
    return dict(directive)


def test_a_call_becomes_one_line_with_its_dimensions_and_values() -> None:
    call = _call(cold=True, request_bytes=120, response_bytes=4000)

    line = record(call, timestamp_ms=1_700_000_000_000)

    assert "\n" not in line
    document = json.loads(line)
    assert document["_aws"]["Timestamp"] == 1_700_000_000_000
    assert document["EndpointName"] == "prod-models"
    assert document["ModelName"] == "minilm"
    assert document["Latency"] == [7.5]
    assert document["ColdCalls"] == [1.0]
    assert document["Errors"] == [0.0]
    assert document["RequestBytes"] == [120.0]
    assert "Failures" not in document


def test_every_named_metric_and_dimension_is_in_the_line() -> None:
    """CloudWatch drops a record whose directive names what is not there."""
    line = record(_call(cold=False, request_bytes=1, response_bytes=1), timestamp_ms=1)

    directive, document = _directive(line), json.loads(line)
    assert directive["Namespace"] == NAMESPACE
    assert directive["Dimensions"] == [list(names) for names in DIMENSION_SETS]
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]} == {
        name: unit for name, (unit, _) in METRICS.items()
    }
    assert all(document[metric["Name"]] for metric in directive["Metrics"])
    assert all(name in document for names in directive["Dimensions"] for name in names)


def test_what_the_caller_does_not_know_is_no_value() -> None:
    line = record(_call(), timestamp_ms=1)

    names = {metric["Name"] for metric in _directive(line)["Metrics"]}
    assert names == {"Latency", "Calls", "Errors"}
    assert "ColdCalls" not in json.loads(line)


def test_failures_are_counted_and_named_beside_the_metrics() -> None:
    document = json.loads(record(_call(error="Timeout"), timestamp_ms=1))

    assert document["Errors"] == [1.0]
    assert document["Failures"] == ["Timeout"]
    assert "Failures" not in {name for names in DIMENSION_SETS for name in names}


def test_calls_of_a_model_share_a_line_up_to_a_hundred() -> None:
    calls = [_call(milliseconds=float(n)) for n in range(205)] + [_call(model="resnet50")]

    lines = list(records(calls, timestamp_ms=1))

    sizes = [(json.loads(line)["ModelName"], len(json.loads(line)["Latency"])) for line in lines]
    assert sizes == [("minilm", 100), ("minilm", 100), ("minilm", 5), ("resnet50", 1)]
    assert all(len(line) < 262_144 for line in lines)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"model": ""}, "model must be 1 to 1024 printable ASCII characters, got ''"),
        ({"model": "  "}, "model must be 1 to 1024 printable ASCII characters, got '  '"),
        ({"model": ":m"}, "model must be"),
        ({"model": "größe"}, "model must be"),
        ({"endpoint": "e" * 1025}, "endpoint must be"),
        ({"endpoint": "a\nb"}, "endpoint must be"),
        (
            {"milliseconds": float("nan")},
            "milliseconds must be a number from 0 to 2 to the power of 360, got nan",
        ),
        (
            {"milliseconds": -1.0},
            "milliseconds must be a number from 0 to 2 to the power of 360, got -1.0",
        ),
        ({"milliseconds": 1e109}, "milliseconds must be a number from 0"),
        ({"error": "e" * 257}, "error must be a word of 1 to 256 characters, got 257 characters"),
        ({"error": ""}, "error must be a word of 1 to 256 characters, got 0 characters"),
        (
            {"request_bytes": -5},
            "request_bytes must be a number from 0 to 2 to the power of 360, got -5",
        ),
    ],
)
def test_what_cloudwatch_would_drop_is_refused(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match="invalid ModelCall: ") as caught:
        _call(**changed)

    assert problem in str(caught.value)


def test_the_largest_record_is_within_the_limits_of_a_log_event() -> None:
    widest = _call(
        endpoint="e" * 1024,
        model="m" * 1024,
        milliseconds=2.0**360,
        cold=True,
        request_bytes=2**53,
        response_bytes=2**53,
    )
    calls = [replace(widest, error=f"{n:0256d}") for n in range(100)]

    (line,) = records(calls, timestamp_ms=1)

    assert len(line.encode()) < 262_144
    directive = _directive(line)
    assert len(directive["Metrics"]) <= 100
    assert all(len(names) <= 30 for names in directive["Dimensions"])


def test_thousands_of_models_without_series_of_their_own_share_the_endpoints() -> None:
    calls = [_call(model=f"m{n}") for n in range(2000)]

    lines = list(records(calls, timestamp_ms=1, own_series=False))

    assert {json.dumps(_directive(line)["Dimensions"]) for line in lines} == {'[["EndpointName"]]'}


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"model must be .*; milliseconds must be"):
        _call(model="", milliseconds=float("inf"))
