"""An endpoint in memory that is cold first, and events as the framework sends them."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from model_artifacts import Artifact, IndexEntry, empty_index, serialise_index
from model_warm_up.handler import Clients

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PROPERTIES = {
    "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:framework",
    "EndpointName": "fleet",
    "ArtifactBucket": "artifacts",
    "Prefix": "fleet/",
    "RequestsBucket": "sources",
    "RequestsKey": "requests.json",
    "EndpointConfigName": "config-1",
    "Manifest": "0" * 64,
}
Fault = Callable[[], None]


def refused(code: str, status: int, **more: Any) -> Fault:
    """A fault that raises what boto3 raises for this answer."""

    answer: Any = {
        "Error": {"Code": code, "Message": "said so"},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }

    def fail() -> None:
        raise ClientError(answer, "InvokeEndpoint")

    return fail


class FakeContext:
    """Lambda's context; ``millis`` are left, always."""

    log_group_name = "group"
    log_stream_name = "stream"

    def __init__(self, millis: int = 300_000) -> None:
        self.millis = millis

    def get_remaining_time_in_millis(self) -> int:
        return self.millis


class FakeEndpoint:
    """``faults`` are raised one call each, by TargetModel. ``together``: no call of a model is
    answered before so many of it are under way."""

    def __init__(self) -> None:
        self.instances = 2
        self.pending = 0
        self.describe_fault: Fault | None = None
        self.faults: dict[str, list[Fault]] = {}
        self.always: dict[str, Fault] = {}
        self.calls: list[tuple[str, bytes]] = []
        self.together = 1
        self._gates: dict[str, threading.Barrier] = {}
        self._lock = threading.Lock()

    def describe_endpoint(self, *, EndpointName: str) -> Mapping[str, Any]:
        assert EndpointName == "fleet"
        if self.describe_fault is not None:
            self.describe_fault()

        def variants(count: int) -> list[dict[str, Any]]:
            return [{"CurrentInstanceCount": 1, "DesiredInstanceCount": count}]

        answer: dict[str, Any] = {"ProductionVariants": variants(self.instances)}
        if self.pending:
            answer["PendingDeploymentSummary"] = {"ProductionVariants": variants(self.pending)}
        return answer

    def invoke_endpoint(
        self, *, EndpointName: str, TargetModel: str, ContentType: str, Accept: str, Body: bytes
    ) -> Mapping[str, Any]:
        assert (EndpointName, ContentType, Accept) == ("fleet", *["application/json"] * 2)
        with self._lock:
            self.calls.append((TargetModel, Body))
            gate = self._gates.setdefault(TargetModel, threading.Barrier(self.together))
            fault = self.faults[TargetModel].pop(0) if self.faults.get(TargetModel) else None
        gate.wait(timeout=5)
        for fail in (fault, self.always.get(TargetModel)):
            if fail is not None:
                fail()
        return {"Body": io.BytesIO(b"{}")}

    def counts(self) -> dict[str, int]:
        """Calls by TargetModel."""
        targets = [target for target, _ in self.calls]
        return {target: targets.count(target) for target in targets}


@pytest.fixture
def endpoint() -> FakeEndpoint:
    return FakeEndpoint()


@pytest.fixture
def publish(s3: S3Client) -> Callable[..., None]:
    """``publish("minilm", hot=["minilm"])`` writes the index and the requests."""

    def put(*published: str, hot: list[str]) -> None:
        index = empty_index(fleet="fleet", owner="")
        for name in published:
            index["models"][name] = IndexEntry(
                current=Artifact(
                    digest="0" * 64,
                    key=f"{name}/v1.tar.gz",
                    size=1,
                    target="g4dn",
                    build="gpu",
                    serving_image="26.05-py3",
                    report=None,
                    verification=None,
                ),
                previous=None,
            )
        s3.put_object(Bucket="artifacts", Key="fleet/index.json", Body=serialise_index(index))
        requests = {"models": [{"name": name, "body": f'{{"of": "{name}"}}'} for name in hot]}
        s3.put_object(Bucket="sources", Key="requests.json", Body=json.dumps(requests).encode())

    return put


@pytest.fixture
def clients(s3: S3Client, endpoint: FakeEndpoint) -> Clients:
    return Clients(s3=s3, sagemaker=endpoint, runtime=endpoint)


def event(kind: str = "Create", **more: object) -> dict[str, object]:
    """What the framework hands to the handlers."""
    return {
        "RequestType": kind,
        "RequestId": "request",
        "StackId": "stack",
        "LogicalResourceId": "WarmUp",
        "ResourceProperties": PROPERTIES,
        **({} if kind == "Create" else {"PhysicalResourceId": "fleet"}),
        **more,
    }
