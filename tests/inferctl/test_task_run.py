"""What goes over the wire when ECS throttles or refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from inferctl.cluster_view import ecs_client
from inferctl.endpoint_client import InvocationError
from inferctl.task_run import TaskRequest, start_tasks

REQUEST = TaskRequest(cluster="default", task_definition="f", count=1)
THROTTLED = (400, {"__type": "ThrottlingException", "message": "slow down"})
STARTED: tuple[int, dict[str, Any]] = (200, {"tasks": [], "failures": []})


class Body:
    """The body of an answer."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def stream(self) -> list[bytes]:
        return [json.dumps(self._document).encode()]


class Ecs:
    """Answers from a list and keeps what was sent."""

    def __init__(self, *answers: tuple[int, dict[str, Any]]) -> None:
        self.answers = list(answers)
        self.sent: list[dict[str, Any]] = []
        self.client = ecs_client(region="us-east-1", url="http://127.0.0.1:9")
        self.client.meta.events.register("before-send.ecs", self._answer)

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        self.sent.append(json.loads(request.body))
        status, document = self.answers.pop(0)
        return AWSResponse(request.url, status, HTTPHeaders(), Body(document))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)


def test_throttled_call_is_the_same_call_again() -> None:
    ecs = Ecs(THROTTLED, THROTTLED, STARTED)

    start_tasks(ecs.client, REQUEST)

    tokens = [sent["clientToken"] for sent in ecs.sent]
    assert len(tokens) == 3
    assert len(set(tokens)) == 1 and len(tokens[0]) == 32


def test_two_runs_are_two_calls() -> None:
    ecs = Ecs(STARTED, STARTED)

    start_tasks(ecs.client, REQUEST)
    start_tasks(ecs.client, REQUEST)

    assert ecs.sent[0]["clientToken"] != ecs.sent[1]["clientToken"]


def test_refused_call_is_sent_once() -> None:
    ecs = Ecs((400, {"__type": "InvalidParameterException", "message": "no such thing"}))

    with pytest.raises(InvocationError, match="no such thing"):
        start_tasks(ecs.client, REQUEST)

    assert len(ecs.sent) == 1


def test_call_that_is_throttled_for_ever_ends() -> None:
    ecs = Ecs(*[THROTTLED] * 9)

    with pytest.raises(InvocationError, match="slow down"):
        start_tasks(ecs.client, REQUEST)

    assert len(ecs.sent) == 5
