from __future__ import annotations

import logging
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from neuron_metrics.publish import cloudwatch_client, publish

DATUM = {
    "MetricName": "NeuronCoreUtilization",
    "Dimensions": [
        {"Name": "ClusterName", "Value": "fleet"},
        {"Name": "ServiceName", "Value": "resnet"},
    ],
    "Values": [12.5, 0.0],
    "Counts": [1.0, 3.0],
    "Unit": "Percent",
}


class Empty:
    """The body of an answer."""

    def stream(self) -> list[bytes]:
        return []


class Wire:
    """Answers what botocore sends with the next status of a list, and remembers the calls."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.calls: list[dict[str, Any]] = []
        self.sent = 0

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        self.sent += 1
        status = self.statuses.pop(0) if self.statuses else 200
        return AWSResponse(request.url, status, HTTPHeaders(), Empty())

    def remember(self, params: dict[str, Any], **_: Any) -> None:
        self.calls.append(params)


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", pauses.append)
    return pauses


def client_on(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = cloudwatch_client("us-east-1")
    client.meta.events.register("before-parameter-build.cloudwatch", wire.remember)
    client.meta.events.register("before-send.cloudwatch", wire.answer)
    return client


def test_all_metrics_of_a_host_go_in_one_call_to_our_namespace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wire = Wire()

    assert publish(client_on(wire, monkeypatch), [DATUM] * 51)

    (call,) = wire.calls
    assert call["Namespace"] == "NeuronFleet"
    assert len(call["MetricData"]) == 51
    assert len({datum["Timestamp"] for datum in call["MetricData"]}) == 1


def test_more_than_a_call_takes_goes_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire()

    assert publish(client_on(wire, monkeypatch), [DATUM] * 1001)

    assert [len(call["MetricData"]) for call in wire.calls] == [1000, 1]


def test_throttled_call_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, no_pause: list[float]
) -> None:
    wire = Wire(429, 503)

    assert publish(client_on(wire, monkeypatch), [DATUM])

    assert wire.sent == 3
    assert len(no_pause) == 2


def test_lasting_refusal_loses_the_values_says_so_and_raises_nothing(
    monkeypatch: pytest.MonkeyPatch, no_pause: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    wire = Wire(*[503] * 9)

    with caplog.at_level(logging.ERROR):
        assert not publish(client_on(wire, monkeypatch), [DATUM])

    assert wire.sent == 5
    assert len(no_pause) == 4
    assert "1 values are lost" in caplog.text


def test_denied_call_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wire = Wire(403)

    assert not publish(client_on(wire, monkeypatch), [DATUM])

    assert wire.sent == 1
    assert "PutMetricData" in caplog.text
