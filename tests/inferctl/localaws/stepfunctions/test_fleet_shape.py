"""A machine of the shape that a model fleet has: two maps side by side, and failures noted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Machines, from_s3

pytestmark = pytest.mark.server
# packs three items a call and returns what is left; notes go to the bucket
HANDLER = """
import json, boto3
def pack(event, context):
    if "broken" in [one["model"] for one in event["Items"]]:
        raise KeyError("no such source")
    rest = event["Items"][3:]
    return {**event, "Items": rest, "left": len(rest)}
def note(event, context):
    work = event["work"]
    names = [one["model"] for one in event.get("items", [work])]
    for name in names:
        body = json.dumps({"step": event["step"], "error": event["error"]})
        boto3.client("s3").put_object(Bucket="work", Key=f"failures/{name}.json", Body=body)
"""
RETRY = [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "MaxAttempts": 5}]
CATCH = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Note failure"}]
DONE = {"Type": "Pass", "Result": {}, "End": True}


def note(arn: str, step: str, **parameters: str) -> dict[str, Any]:
    given = {"step": step, "error.$": "$.error", **parameters}
    return {"Type": "Task", "Resource": arn, "Parameters": given, "Retry": RETRY, "Next": "Done"}


def processor(start: str, states: dict[str, Any]) -> dict[str, Any]:
    mode = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    return {"ProcessorConfig": mode, "StartAt": start, "States": {**states, "Done": DONE}}


def packages(function: str, notes: str) -> dict[str, Any]:
    left = {"Variable": "$.left", "NumericGreaterThan": 0, "Next": "Package"}
    states = {
        "Package": {
            "Type": "Task",
            "Resource": function,
            "Retry": RETRY,
            "Catch": CATCH,
            "Next": "Any left",
        },
        "Any left": {"Type": "Choice", "Choices": [left], "Default": "Done"},
        "Note failure": note(notes, "package", **{"work.$": "$.BatchInput", "items.$": "$.Items"}),
    }
    return {
        "Type": "Map",
        "Label": "packages",
        "ItemReader": from_s3(),
        "ItemBatcher": {"MaxItemsPerBatch": 10, "BatchInput": {"prefix.$": "$.prefix"}},
        "ItemProcessor": processor("Package", states),
        "MaxConcurrency": 10,
        "ToleratedFailurePercentage": 100,
        "End": True,
    }


def compiles(queue: str, notes: str) -> dict[str, Any]:
    cpu = {"Variable": "$.queue", "StringEquals": "cpu", "Next": "Compile on cpu"}
    nothing = {"Error": "NoSuchQueue", "Cause": "the fleet has no such queue"}
    states = {
        "Queue": {"Type": "Choice", "Choices": [cpu], "Default": "No such queue"},
        "No such queue": {
            "Type": "Pass",
            "Result": nothing,
            "ResultPath": "$.error",
            "Next": "Note failure",
        },
        "Compile on cpu": {
            "Type": "Task",
            "Resource": "arn:aws:states:::batch:submitJob.sync",
            "TimeoutSeconds": 3600,
            "Parameters": {
                "JobName.$": "$.model",
                "JobQueue": queue,
                "JobDefinition.$": "$.job_definition",
                "Timeout": {"AttemptDurationSeconds.$": "$.timeout_seconds"},
                "ContainerOverrides": {"Environment": [{"Name": "MODEL", "Value.$": "$.model"}]},
            },
            "Retry": [{"ErrorEquals": ["Batch.ServerException"], "MaxAttempts": 5}],
            "Catch": CATCH,
            "Next": "Done",
        },
        "Note failure": note(notes, "compile", **{"work.$": "$"}),
    }
    names = ("model", "queue", "job_definition", "timeout_seconds")
    selected = {f"{name}.$": f"$$.Map.Item.Value.{name}" for name in names}
    return {
        "Type": "Map",
        "Label": "compiles",
        "ItemReader": {**from_s3(), "Parameters": {"Bucket": "work", "Key.$": "$.compiles"}},
        "ItemSelector": {"prefix.$": "$.prefix", **selected},
        "ItemProcessor": processor("Queue", states),
        "MaxConcurrency": 4,
        "ToleratedFailurePercentage": 100,
        "End": True,
    }


@pytest.fixture(scope="module")
def functions(running: Any, archive: Callable[..., bytes]) -> dict[str, str]:
    """The ARNs of the two functions."""
    role = running.client("iam").get_role(RoleName="f")["Role"]["Arn"]
    return {
        name: running.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler=f"index.{name}",
            Role=role,
            Timeout=60,
            Code={"ZipFile": archive({"index.py": HANDLER})},
        )["FunctionArn"]
        for name in ("pack", "note")
    }


def test_everything_is_tried_and_each_failure_is_noted_with_its_step(
    machines: Machines, functions: dict[str, str]
) -> None:
    definition = machines.define_job(
        "import os, sys; sys.exit(3 if os.environ['MODEL'] == 'wrong' else 0)"
    )
    job = {"queue": "cpu", "job_definition": definition, "timeout_seconds": 600}
    wanted = [
        {"model": "fine", **job},
        {"model": "wrong", **job},
        {"model": "lost", **job, "queue": "g9"},
    ]
    machines.put(wanted, "compiles.json")
    small = [{"model": f"m{number}"} for number in range(25)]
    value = machines.put([*small, {"model": "broken"}], "packages.json")
    both = {
        "Type": "Parallel",
        "Branches": [
            {
                "StartAt": "Packages",
                "States": {"Packages": packages(functions["pack"], functions["note"])},
            },
            {
                "StartAt": "Compiles",
                "States": {"Compiles": compiles(machines.queue, functions["note"])},
            },
        ],
        "End": True,
    }

    seen = machines.run(both, value | {"compiles": "compiles.json", "prefix": "fleet/"})

    assert seen["status"] == "SUCCEEDED", seen.get("cause")
    assert seen["result"] == [[{}] * 3, [{}] * 3]
    s3 = machines.aws.client("s3")
    listed = s3.list_objects_v2(Bucket="work", Prefix="failures/")["Contents"]
    noted = {
        one["Key"].removeprefix("failures/").removesuffix(".json"): json.load(
            s3.get_object(Bucket="work", Key=one["Key"])["Body"]
        )
        for one in listed
    }
    assert set(noted) == {"wrong", "lost", "broken", *(f"m{number}" for number in range(20, 25))}
    assert {one["step"] for name, one in noted.items() if name in ("wrong", "lost")} == {"compile"}
    cause = json.loads(noted["wrong"]["error"]["Cause"])
    assert cause["Container"]["ExitCode"] == 3
    assert cause["Container"]["LogStreamName"]
    assert noted["lost"]["error"]["Error"] == "NoSuchQueue"
    assert (noted["broken"]["step"], noted["broken"]["error"]["Error"]) == ("package", "KeyError")
