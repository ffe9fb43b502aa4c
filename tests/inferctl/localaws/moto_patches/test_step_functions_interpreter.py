"""What moto's interpreter does by itself, which the patches of Step Functions put right.

What it does with them is in ``stepfunctions/``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from inferctl.localaws.app import LocalAws
from inferctl.localaws.moto_patches import (
    step_functions_batch_jobs,
    step_functions_distributed_map,
    step_functions_error_codes,
    step_functions_error_names,
    step_functions_execution_name,
    step_functions_history,
    step_functions_json_paths,
    step_functions_stop,
    step_functions_threads,
)
from inferctl.localaws.moto_patches.patch import reverted

pytestmark = pytest.mark.server
_NUMBERS = count(1)
PASS = {"Type": "Pass", "End": True}
JOB = {
    "Type": "Task",
    "Resource": "arn:aws:states:::batch:submitJob.sync",
    "Parameters": {"JobName": "j", "JobQueue": "q", "JobDefinition": "d"},
    "End": True,
}


def mapped(**more: Any) -> dict[str, Any]:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Child",
        "States": {"Child": PASS},
    }
    return {"Type": "Map", "ItemProcessor": processor, "End": True, **more}


def make(aws: LocalAws, state: dict[str, Any]) -> str:
    made = aws.client("stepfunctions").create_state_machine(
        name=f"interpreted-{next(_NUMBERS)}",
        definition=json.dumps({"StartAt": "Only", "States": {"Only": state}}),
        roleArn="arn:aws:iam::123456789012:role/r",
    )
    arn: str = made["stateMachineArn"]
    return arn


def start(aws: LocalAws, state: dict[str, Any], value: Any = None) -> str:
    started = aws.client("stepfunctions").start_execution(
        stateMachineArn=make(aws, state), input=json.dumps(value or {}), name="one"
    )
    arn: str = started["executionArn"]
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


@contextmanager
def refused(words: str | None = None) -> Iterator[Any]:
    with pytest.raises(ClientError, match=words) as caught:
        yield caught


@pytest.fixture(scope="module")
def aws(local_aws: LocalAws, lambda_role: str, archive: Callable[..., bytes]) -> LocalAws:
    """With a function that sleeps for three seconds."""
    local_aws.client("lambda").create_function(
        FunctionName="slow",
        Runtime="python3.12",
        Handler="index.handler",
        Role=lambda_role,
        Timeout=60,
        Code={"ZipFile": archive({"index.py": "import time\ndef handler(e, c): time.sleep(3)"})},
    )
    return local_aws


SLOW = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "slow"},
    "End": True,
}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"ItemBatcher": {"MaxItemsPerBatch": 2}}, "ItemBatcher"),
        ({"ToleratedFailurePercentage": 100}, "ToleratedFailurePercentage"),
    ],
)
def test_moto_still_cannot_read_these_members_of_a_map(
    aws: LocalAws, more: dict[str, Any], words: str
) -> None:
    with reverted(*step_functions_distributed_map.PATCHES), refused(words):
        make(aws, mapped(**more))

    assert finish(aws, start(aws, mapped(**more), [1, 2]))["status"] == "SUCCEEDED"


def test_moto_still_tolerates_every_failure(aws: LocalAws) -> None:
    failing = mapped()
    failing["ItemProcessor"]["States"]["Child"] = {"Type": "Fail", "Error": "E"}

    with reverted(*step_functions_distributed_map.PATCHES):
        assert finish(aws, start(aws, failing, [1]))["status"] == "SUCCEEDED"

    assert finish(aws, start(aws, failing, [1]))["status"] == "FAILED"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_moto_still_breaks_on_a_thousand_items_of_one_worker(aws: LocalAws) -> None:
    quiet = mapped(MaxConcurrency=1)
    quiet["ItemProcessor"]["States"]["Child"] = {**PASS, "Result": 1}
    items = list(range(1200))

    with reverted(*step_functions_distributed_map.PATCHES):
        execution = start(aws, quiet, items)
        time.sleep(5)
        states = aws.client("stepfunctions")
        assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"

    assert finish(aws, start(aws, quiet, items))["status"] == "SUCCEEDED"


def test_moto_still_spells_members_of_batch_as_definitions_do(aws: LocalAws) -> None:
    with reverted(*step_functions_batch_jobs.PATCHES):
        seen = finish(aws, start(aws, JOB))
        assert 'Unknown parameter in input: "JobName"' in seen["cause"]

    assert "JobQueue q not found" in finish(aws, start(aws, JOB))["cause"]


def test_moto_still_stops_an_execution_only_when_its_function_ends(aws: LocalAws) -> None:
    states = aws.client("stepfunctions")

    with reverted(*step_functions_stop.PATCHES):
        execution = start(aws, SLOW)
        time.sleep(1)
        states.stop_execution(executionArn=execution, error="Mine")
        assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"
        assert "error" not in finish(aws, execution)

    execution = start(aws, SLOW)
    states.stop_execution(executionArn=execution, error="Mine")
    seen = states.describe_execution(executionArn=execution)
    assert (seen["status"], seen["error"]) == ("ABORTED", "Mine")


def test_moto_still_gives_histories_whole_and_outputs_as_they_are(aws: LocalAws) -> None:
    states = aws.client("stepfunctions")
    execution = start(aws, {**PASS, "Result": "text"})
    finish(aws, execution)

    with reverted(*step_functions_history.PATCHES):
        found = states.get_execution_history(
            executionArn=execution, reverseOrder=True, maxResults=1
        )
        assert [one["id"] for one in found["events"]] == [1, 2, 3, 4]
        assert states.describe_execution(executionArn=execution)["output"] == "text"

    assert states.describe_execution(executionArn=execution)["output"] == '"text"'


def test_moto_still_keeps_every_thread(aws: LocalAws) -> None:
    from moto.stepfunctions.parser import utils

    before = len(utils.TMP_THREADS)
    finish(aws, start(aws, PASS))
    assert len(utils.TMP_THREADS) == before

    with reverted(*step_functions_threads.PATCHES):
        finish(aws, start(aws, PASS))
        assert len(utils.TMP_THREADS) > before


@pytest.mark.usefixtures("aws")
def test_moto_still_parses_a_path_each_time() -> None:
    from moto.stepfunctions.parser.asl.utils import json_path as module

    json_path: Any = module
    with reverted(*step_functions_json_paths.PATCHES):
        assert json_path.parse("$.a.b") is not json_path.parse("$.a.b")

    assert json_path.parse("$.a.b") is json_path.parse("$.a.b")
    assert json_path.extract_json("$.a.b", {"a": {"b": 1}}) == 1


def test_moto_still_refuses_definitions_without_a_code(aws: LocalAws) -> None:
    with reverted(*step_functions_error_codes.PATCHES), refused() as caught:
        make(aws, {"Type": "Nothing"})
    assert caught.value.response["Error"]["Code"] == ""

    with refused() as caught:
        make(aws, {"Type": "Nothing"})
    assert caught.value.response["Error"]["Code"] == "InvalidDefinition"


def test_moto_still_breaks_on_its_own_error_from_a_branch(aws: LocalAws) -> None:
    branch = {"StartAt": "Late", "States": {"Late": {**SLOW, "TimeoutSeconds": 1}}}
    both = {"Type": "Parallel", "Branches": [branch], "End": True}

    with reverted(*step_functions_error_names.PATCHES):
        seen = finish(aws, start(aws, both))
        assert (seen["status"], seen["error"]) == ("FAILED", "States.Runtime")
        assert "MUST NOT begin with the prefix" in seen["cause"]

    seen = finish(aws, start(aws, both))
    assert seen["error"] == "States.Timeout", seen["cause"]


def test_moto_still_takes_any_name(aws: LocalAws) -> None:
    states, machine = aws.client("stepfunctions"), make(aws, PASS)

    with reverted(*step_functions_execution_name.PATCHES):
        states.start_execution(stateMachineArn=machine, name="a b")

    with refused("Invalid Name"):
        states.start_execution(stateMachineArn=machine, name="c d")
