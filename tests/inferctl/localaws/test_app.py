from __future__ import annotations

import json
import os
import threading
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from inferctl.localaws.app import AlreadyRunningError, LocalAws
from inferctl.localaws.http import HttpResponse

pytestmark = pytest.mark.server


class WaitingCloudFormation:
    """Has a custom resource that waits for its answer."""

    def __init__(self) -> None:
        self.answered = threading.Event()
        self.delivered: list[tuple[str, dict[str, Any]]] = []

    def handle(self, params: Mapping[str, str], *, region: str, agent: str = "") -> HttpResponse:
        return HttpResponse(200, f"{params['Action']} in {region}{agent}".encode())

    def deliver(self, token: str, body: bytes) -> bool:
        self.delivered.append((token, json.loads(body)))
        self.answered.set()
        return True

    def leftovers(self, *, regions: Iterable[str]) -> Any:
        unowned = tuple(f"s3 {region}" for region in regions)
        return SimpleNamespace(unowned=unowned, retained=("s3 kept",))

    def status(self) -> dict[str, Any]:
        return {"tiny": {"status": "CREATE_COMPLETE"}}


@pytest.fixture
def cloudformation() -> WaitingCloudFormation:
    return WaitingCloudFormation()


@pytest.fixture
def aws(
    tmp_path: Path, recording_serving: Any, cloudformation: WaitingCloudFormation
) -> Iterator[LocalAws]:
    with LocalAws(tmp_path, recording_serving, cloudformation) as running:
        yield running


def get(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=30) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


def test_a_process_runs_one_embedded_aws_at_a_time(aws: LocalAws, tmp_path: Path) -> None:
    with pytest.raises(AlreadyRunningError), LocalAws(tmp_path):
        pass

    assert aws.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_each_start_begins_with_an_empty_account(tmp_path: Path, recording_serving: Any) -> None:
    for _ in range(2):
        with LocalAws(tmp_path, recording_serving) as aws:
            s3 = aws.client("s3")
            assert s3.list_buckets()["Buckets"] == []
            s3.create_bucket(Bucket="earlier")


def test_status_holds_the_process_the_parts_and_the_address(aws: LocalAws) -> None:
    status = get(f"{aws.url}/_localaws/status")

    assert (status["pid"], status["url"]) == (os.getpid(), aws.url)
    assert status["stacks"] == {"tiny": {"status": "CREATE_COMPLETE"}}
    assert status["functions"] == []


def test_leftovers_are_asked_for_in_every_region_that_was_used(aws: LocalAws) -> None:
    aws.client("s3", "eu-west-1").list_buckets()

    assert get(f"{aws.url}/_localaws/leftovers") == {
        "leftovers": ["s3 eu-west-1", "s3 us-east-1"],
        "retained": ["s3 kept"],
    }


def test_a_shutdown_request_is_passed_to_the_owner(aws: LocalAws) -> None:
    request = urllib.request.Request(f"{aws.url}/_localaws/shutdown", method="POST")
    urllib.request.urlopen(request, timeout=30).close()

    assert aws.stop_requested.is_set()


def test_an_endpoint_that_changes_is_forgotten_by_serving(
    aws: LocalAws, recording_serving: Any
) -> None:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_model(ModelName="m", ExecutionRoleArn="arn:aws:iam::123456789012:role/r")
    variant = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.g5.xlarge"}
    sagemaker.create_endpoint_config(
        EndpointConfigName="c", ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
    )
    recording_serving.forgotten.clear()

    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="c")
    sagemaker.delete_endpoint(EndpointName="e")

    assert recording_serving.forgotten == ["e", "e", "e"]


def test_a_function_that_breaks_answers_its_custom_resource(
    aws: LocalAws, cloudformation: WaitingCloudFormation, archive: Callable[..., bytes]
) -> None:
    functions = aws.client("lambda")
    policy = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    statement = {**policy, "Action": "sts:AssumeRole"}
    role = aws.client("iam").create_role(
        RoleName="r",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    functions.create_function(
        FunctionName="broken",
        Runtime="python3.12",
        Handler="index.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": archive({"index.py": "def handler(e, c): raise ValueError('no disk')"})},
    )
    event = {
        "ResponseURL": f"{aws.url}/_localaws/cfn-response/t0ken",
        "StackId": "s",
        "RequestId": "r",
        "LogicalResourceId": "Thing",
    }

    answer = functions.invoke(
        FunctionName="broken", InvocationType="Event", Payload=json.dumps(event).encode()
    )

    assert answer["StatusCode"] == 202
    assert cloudformation.answered.wait(60)
    token, body = cloudformation.delivered[0]
    assert token == "t0ken"
    assert body["Status"] == "FAILED"
    assert body["Reason"] == ("the function broken failed without answering: ValueError: no disk")
    assert (body["StackId"], body["LogicalResourceId"]) == ("s", "Thing")


def test_an_event_without_a_custom_resource_delivers_nothing(
    aws: LocalAws, cloudformation: WaitingCloudFormation
) -> None:
    listener = aws.lambda_runtime.async_failure_listener
    assert listener is not None

    listener("arn:aws:lambda:us-east-1:123456789012:function:f", ["no", "object"], {})
    listener("arn:aws:lambda:us-east-1:123456789012:function:f", {"key": 1}, {})

    assert cloudformation.delivered == []
