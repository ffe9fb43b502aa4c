"""Invocation, log configuration and retirement, seen through the Lambda API."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from inferctl.localaws.app import LocalAws
from inferctl.localaws.moto_patches import (
    lambda_invocation,
    lambda_logging_config,
    lambda_retirement,
)
from inferctl.localaws.moto_patches.hooks import hooks
from inferctl.localaws.moto_patches.patch import reverted

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def create(
    local_aws: LocalAws, lambda_role: str, archive: Callable[..., bytes]
) -> Callable[..., str]:
    def make(name: str, source: str, **more: Any) -> str:
        local_aws.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="index.handler",
            Role=lambda_role,
            Timeout=60,
            Code={"ZipFile": archive({"index.py": source})},
            **more,
        )
        return name

    return make


def call(aws: LocalAws, name: str, event: Any = None, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = aws.client("lambda").invoke(
        FunctionName=name, Payload=json.dumps(event).encode(), **more
    )
    return {**answer, "Payload": answer["Payload"].read()}


def messages(aws: LocalAws, group: str) -> list[str]:
    events = aws.client("logs").filter_log_events(logGroupName=group)["events"]
    return [event["message"] for event in events]


def test_moto_still_wants_docker(
    local_aws: LocalAws, create: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    name = create("dockered", "def handler(e, c): return e")

    with reverted(*lambda_invocation.PATCHES):
        answer = call(local_aws, name)

    assert b"error running docker" in answer["Payload"]


def test_patched_the_code_runs_and_its_error_is_unhandled(
    local_aws: LocalAws, create: Callable[..., str]
) -> None:
    name = create("runs", "def handler(e, c):\n print('seen', e)\n return 10 / e")

    good = call(local_aws, name, 4, LogType="Tail")
    bad = call(local_aws, name, 0)

    assert (good["StatusCode"], good["Payload"]) == (200, b"2.5")
    assert "FunctionError" not in good
    assert b"seen 4" in base64.b64decode(good["LogResult"])
    assert bad["FunctionError"] == "Unhandled"
    assert json.loads(bad["Payload"])["errorType"] == "ZeroDivisionError"
    assert "seen 4" in messages(local_aws, "/aws/lambda/runs")


def test_a_handler_calls_back_into_the_embedded_aws(
    local_aws: LocalAws, create: Callable[..., str]
) -> None:
    source = """
import boto3
def handler(event, context):
    boto3.client("s3").create_bucket(Bucket="made-by-a-function")
    return boto3.client("sts").get_caller_identity()["Account"]
"""

    assert call(local_aws, create("calls", source))["Payload"] == b'"123456789012"'
    local_aws.client("s3").head_bucket(Bucket="made-by-a-function")


def test_no_payload_is_an_empty_object(local_aws: LocalAws, create: Callable[..., str]) -> None:
    name = create("echo", "def handler(e, c): return e")

    assert local_aws.client("lambda").invoke(FunctionName=name)["Payload"].read() == b"{}"


def test_a_payload_that_is_not_json_is_refused(
    local_aws: LocalAws, create: Callable[..., str]
) -> None:
    name = create("strict", "def handler(e, c): return e")

    with pytest.raises(ClientError, match="Could not parse request body into json"):
        local_aws.client("lambda").invoke(FunctionName=name, Payload=b"{")


def test_a_dry_run_runs_nothing(local_aws: LocalAws, create: Callable[..., str]) -> None:
    name = create("dry", "raise SystemExit")

    assert call(local_aws, name, InvocationType="DryRun")["StatusCode"] == 204
    assert all("dry" not in one["arn"] for one in local_aws.status()["functions"])


def test_moto_still_drops_the_log_group(local_aws: LocalAws, create: Callable[..., str]) -> None:
    with reverted(*lambda_logging_config.PATCHES):
        create("drops", "", LoggingConfig={"LogGroup": "/mine"})
        seen = local_aws.client("lambda").get_function_configuration(FunctionName="drops")

    assert "LoggingConfig" not in seen


def test_patched_lines_go_to_the_log_group_of_the_function(
    local_aws: LocalAws, create: Callable[..., str]
) -> None:
    local_aws.client("logs").create_log_group(logGroupName="/own")
    name = create(
        "logs", "def handler(e, c): print(c.log_group_name)", LoggingConfig={"LogGroup": "/own"}
    )

    call(local_aws, name)

    seen = local_aws.client("lambda").get_function_configuration(FunctionName=name)
    assert seen["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/own"}
    assert "/own" in messages(local_aws, "/own")


def test_a_log_group_of_its_own_that_was_deleted_stays_deleted(
    local_aws: LocalAws, create: Callable[..., str]
) -> None:
    name = create("quiet", "def handler(e, c): return 1", LoggingConfig={"LogGroup": "/gone"})

    assert call(local_aws, name)["Payload"] == b"1"
    groups = local_aws.client("logs").describe_log_groups(logGroupNamePrefix="/gone")
    assert groups["logGroups"] == []


@pytest.mark.parametrize("change", ["code", "configuration", "delete"])
def test_moto_still_tells_nobody_that_a_function_changed(
    local_aws: LocalAws,
    create: Callable[..., str],
    archive: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
    change: str,
) -> None:
    told: list[str] = []
    assert hooks.lambda_runtime is not None
    monkeypatch.setattr(hooks.lambda_runtime, "retire", told.append)
    functions = local_aws.client("lambda")
    code = archive({"index.py": "x = 1"})

    def make_change(name: str) -> None:
        if change == "code":
            functions.update_function_code(FunctionName=name, ZipFile=code)
        elif change == "configuration":
            functions.update_function_configuration(FunctionName=name, Timeout=5)
        else:
            functions.delete_function(FunctionName=name)

    with reverted(*lambda_retirement.PATCHES):
        make_change(create(f"untold-{change}", ""))
        assert told == []
    make_change(create(f"told-{change}", ""))

    assert told == [f"arn:aws:lambda:us-east-1:123456789012:function:told-{change}"]
