"""The execution name and the clients of state machines, which need one another to be seen."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from inferctl.localaws.app import LocalAws
from inferctl.localaws.moto_patches import step_functions_clients, step_functions_execution_name
from inferctl.localaws.moto_patches.patch import reverted

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def machine(local_aws: LocalAws, lambda_role: str, archive: Callable[..., bytes]) -> str:
    """Calls a function that doubles a number; a failure carries the function's error."""
    source = "def handler(e, c):\n if e['n'] < 0: raise ValueError('negative')\n return e['n'] * 2"
    local_aws.client("lambda").create_function(
        FunctionName="double",
        Runtime="python3.12",
        Handler="index.handler",
        Role=lambda_role,
        Timeout=60,
        Code={"ZipFile": archive({"index.py": source})},
    )
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "double", "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "End": True,
    }
    made = local_aws.client("stepfunctions").create_state_machine(
        name="doubles",
        definition=json.dumps({"StartAt": "Double", "States": {"Double": state}}),
        roleArn=lambda_role,
    )
    arn: str = made["stateMachineArn"]
    return arn


def finish(aws: LocalAws, execution: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        seen: dict[str, Any] = aws.client("stepfunctions").describe_execution(
            executionArn=execution
        )
        if seen["status"] != "RUNNING":
            return seen
        assert time.monotonic() < deadline
        time.sleep(0.02)


def start(aws: LocalAws, machine: str, number: int) -> str:
    started = aws.client("stepfunctions").start_execution(
        stateMachineArn=machine, input=json.dumps({"n": number})
    )
    arn: str = started["executionArn"]
    return arn


def test_moto_still_names_a_nameless_execution_none(local_aws: LocalAws, machine: str) -> None:
    with reverted(*step_functions_execution_name.PATCHES):
        first = start(local_aws, machine, 1)
        finish(local_aws, first)

        assert first.endswith(":None")
        with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
            start(local_aws, machine, 1)


def test_patched_each_execution_has_a_name_of_its_own(local_aws: LocalAws, machine: str) -> None:
    assert start(local_aws, machine, 1) != start(local_aws, machine, 1)


def test_a_given_name_is_kept_and_joined(local_aws: LocalAws, machine: str) -> None:
    started = local_aws.client("stepfunctions").start_execution(
        stateMachineArn=machine, name="mine", input='{"n": 1}'
    )

    assert started["executionArn"].endswith(":mine")


@pytest.mark.usefixtures("machine")
def test_moto_still_calls_functions_on_a_port_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.stepfunctions.parser.asl.utils import boto_client

    monkeypatch.delenv("MOTO_PORT", raising=False)
    with reverted(*step_functions_clients.PATCHES):
        client = boto_client.boto_client_for("us-east-1", "lambda")

        assert client.meta.endpoint_url == "http://localhost:5000"


def test_patched_functions_are_called_here(local_aws: LocalAws, machine: str) -> None:
    seen = finish(local_aws, start(local_aws, machine, 21))

    assert (seen["status"], seen["output"]) == ("SUCCEEDED", "42")


def test_a_functions_error_fails_the_execution_by_its_type(
    local_aws: LocalAws, machine: str
) -> None:
    seen = finish(local_aws, start(local_aws, machine, -1))

    assert (seen["status"], seen["error"]) == ("FAILED", "ValueError")
    assert "negative" in seen["cause"]
