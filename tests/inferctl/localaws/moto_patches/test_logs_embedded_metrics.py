"""Lines in the embedded metric format become metrics, from a function's log too."""

from __future__ import annotations

import io
import json
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inferctl.localaws.app import LocalAws
from inferctl.localaws.moto_patches import logs_embedded_metrics
from inferctl.localaws.moto_patches.patch import reverted
from model_metrics import ModelCall, record, records
from model_metrics.contract import NAMESPACE

ROOT = Path(__file__).resolve().parents[4]
CALLER = """
from model_metrics import measured

def handler(event, context):
    for model in event["models"]:
        with measured("prod-models", model) as call:
            call.cold, call.request_bytes = model == "resnet50", 10
"""


@pytest.fixture(scope="module")
def group(local_aws: LocalAws) -> str:
    logs = local_aws.client("logs")
    logs.create_log_group(logGroupName="callers")
    logs.create_log_stream(logGroupName="callers", logStreamName="one")
    return "callers"


def _write(aws: LocalAws, group: str, *lines: str) -> None:
    now = round(time.time() * 1000)
    aws.client("logs").put_log_events(
        logGroupName=group,
        logStreamName="one",
        logEvents=[{"timestamp": now, "message": line} for line in lines],
    )


def _statistics(aws: LocalAws, name: str, *statistics: str, **dimensions: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    points = aws.client("cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=7200,
        Statistics=list(statistics),
    )["Datapoints"]
    return dict(points[0]) if points else {}


def _call(model: str, milliseconds: float, **more: Any) -> ModelCall:
    return ModelCall(endpoint="models-a", model=model, milliseconds=milliseconds, **more)


def test_calls_become_metrics_of_their_model_and_of_all(local_aws: LocalAws, group: str) -> None:
    calls = [_call("minilm", 10), _call("minilm", 30, error="Timeout"), _call("bert", 50)]

    _write(local_aws, group, *records(calls, timestamp_ms=round(time.time() * 1000)))

    of_model = {"EndpointName": "models-a", "ModelName": "minilm"}
    latency = _statistics(local_aws, "Latency", "SampleCount", "Average", "Maximum", **of_model)
    assert (latency["SampleCount"], latency["Average"], latency["Maximum"]) == (2, 20, 30)
    assert latency["Unit"] == "Milliseconds"
    assert _statistics(local_aws, "Errors", "Average", **of_model)["Average"] == 0.5


def test_the_line_is_kept_as_it_came(local_aws: LocalAws, group: str) -> None:
    line = record(_call("kept", 1), timestamp_ms=round(time.time() * 1000))

    _write(local_aws, group, line)

    events = local_aws.client("logs").filter_log_events(logGroupName=group, filterPattern='"kept"')[
        "events"
    ]
    assert [event["message"] for event in events] == [line]


@pytest.mark.parametrize(
    "line",
    [
        'half a line {"_aws": {"CloudWatchMetrics": [',
        '{"_aws": 3}',
        '{"_aws": {"Timestamp": "now", "CloudWatchMetrics": []}}',
        json.dumps(
            {
                "_aws": {
                    "Timestamp": 1,
                    "CloudWatchMetrics": [
                        {"Namespace": "Broken", "Dimensions": [["A"]], "Metrics": [{"Name": "M"}]}
                    ],
                },
                "M": 1,
            }
        ),
    ],
)
def test_a_line_that_is_not_quite_in_the_format_stays_a_line(
    local_aws: LocalAws, group: str, line: str
) -> None:
    _write(local_aws, group, line)

    assert local_aws.client("cloudwatch").list_metrics(Namespace="Broken")["Metrics"] == []


def test_a_function_publishes_metrics_of_the_models_that_it_calls(
    local_aws: LocalAws, lambda_role: str
) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("index.py", CALLER)
        for path in (ROOT / "lambda" / "model_metrics").glob("*.py"):
            zipped.write(path, f"model_metrics/{path.name}")
    functions = local_aws.client("lambda")
    functions.create_function(
        FunctionName="caller",
        Runtime="python3.14",
        Role=lambda_role,
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
    )

    answer = functions.invoke(
        FunctionName="caller", Payload=json.dumps({"models": ["minilm", "resnet50", "minilm"]})
    )

    assert "FunctionError" not in answer
    of_model = {"EndpointName": "prod-models", "ModelName": "minilm"}
    assert _statistics(local_aws, "Calls", "Sum", **of_model)["Sum"] == 2
    of_all = _statistics(
        local_aws, "ColdCalls", "Sum", EndpointName="prod-models", ModelName="resnet50"
    )
    assert of_all["Sum"] == 1
    messages = [
        event["message"]
        for event in local_aws.client("logs").filter_log_events(logGroupName="/aws/lambda/caller")[
            "events"
        ]
    ]
    assert sum('"_aws"' in message for message in messages) == 3


def test_moto_still_makes_no_metric_of_them(local_aws: LocalAws, group: str) -> None:
    line = record(_call("untouched", 1), timestamp_ms=round(time.time() * 1000))

    with reverted(*logs_embedded_metrics.PATCHES):
        _write(local_aws, group, line)

    assert (
        _statistics(local_aws, "Calls", "Sum", EndpointName="models-a", ModelName="untouched") == {}
    )
