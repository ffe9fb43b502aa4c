"""An endpoint in memory that answers, refuses and fails as a test says."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

ENDPOINT = "laptop-models"
REQUEST = b'{"inputs": []}'


def tensor_answer(*values: float) -> bytes:
    """An answer of KServe v2 with one output."""
    output = {"name": "out", "shape": [1, len(values)], "data": list(values)}
    return json.dumps({"outputs": [output]}).encode()


def refusal(code: str, status: int, message: str = "injected", **more: Any) -> ClientError:
    """An error of InvokeEndpoint."""
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return ClientError(answer, "InvokeEndpoint")


def model_error(status: int, message: str = "injected") -> ClientError:
    """What the container's own error becomes."""
    return refusal("ModelError", 424, OriginalStatusCode=status, OriginalMessage=message)


@dataclass
class FakeEndpoint:
    """Answers each archive's key with the content of its model, or with what a test put in.

    ``before`` are done one by one, each before an answer; they raise errors or take time.
    """

    answers: dict[str, bytes] = field(default_factory=dict[str, bytes])
    before: dict[str, list[Callable[[], None]]] = field(
        default_factory=dict[str, list[Callable[[], None]]]
    )
    calls: list[str] = field(default_factory=list[str])
    stacks: str = "UPDATE_IN_PROGRESS"
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def invoke_endpoint(
        self, *, EndpointName: str, TargetModel: str, ContentType: str, Accept: str, Body: bytes
    ) -> Mapping[str, Any]:
        assert (EndpointName, Body) == (ENDPOINT, REQUEST)
        assert ContentType == Accept == "application/json"
        with self._lock:
            self.calls.append(TargetModel)
            waiting = self.before.get(TargetModel) or self.before.get("*")
            action = waiting.pop(0) if waiting else None
        if action is not None:
            action()
        return {"Body": io.BytesIO(self.answers[TargetModel]), "ContentType": "application/json"}

    def describe_stacks(self, *, StackName: str) -> Mapping[str, Any]:
        return {"Stacks": [{"StackId": StackName, "StackStatus": self.stacks}]}


def failing(error: Exception) -> Callable[[], None]:
    """Raises, in place of an answer."""

    def act() -> None:
        raise error

    return act
