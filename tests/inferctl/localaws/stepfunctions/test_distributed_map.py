"""Distributed Maps over S3, in batches, with tolerated failures and result files."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from .conftest import Machines, distributed, eventually, from_s3, task

pytestmark = pytest.mark.server
PASS = {"Type": "Pass", "End": True}


def test_items_of_an_object_reach_the_function_in_batches(machines: Machines) -> None:
    state = distributed(
        task(),
        ItemReader=from_s3(),
        ItemBatcher={
            "MaxItemsPerBatchPath": "$.size",
            "BatchInput": {"fleet.$": "$.fleet", "fixed": 1},
        },
        MaxConcurrency=3,
    )
    value = machines.put(list(range(25))) | {"fleet": "f", "size": 10}

    seen = machines.run(state, value)

    assert seen["status"] == "SUCCEEDED"
    assert [one["Items"] for one in seen["result"]] == [
        list(range(10)),
        list(range(10, 20)),
        list(range(20, 25)),
    ]
    assert {json.dumps(one["BatchInput"]) for one in seen["result"]} == {
        '{"fleet": "f", "fixed": 1}'
    }
    run = machines.map_run(seen["executionArn"])
    assert (run["status"], run["maxConcurrency"]) == ("SUCCEEDED", 3)
    assert run["stopDate"] >= run["startDate"]
    items, children = run["itemCounts"], run["executionCounts"]
    assert (items["total"], items["succeeded"], items["pending"], items["running"]) == (
        25,
        25,
        0,
        0,
    )
    assert (children["total"], children["succeeded"], children["running"]) == (3, 3, 0)


def test_without_a_batcher_each_item_is_a_child(machines: Machines) -> None:
    seen = machines.run(distributed(PASS, ItemsPath="$.items"), {"items": ["a", "b", "c"]})

    assert seen["result"] == ["a", "b", "c"]


def test_a_selector_shapes_items_before_they_are_batched(machines: Machines) -> None:
    state = distributed(
        PASS,
        ItemReader=from_s3(MaxItems=3),
        ItemSelector={"n.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value.v", "f.$": "$.key"},
        ItemBatcher={"MaxItemsPerBatch": 2},
    )

    seen = machines.run(state, machines.put([{"v": name} for name in "abcd"]))

    items = [item for one in seen["result"] for item in one["Items"]]
    assert items == [{"n": i, "v": "abc"[i], "f": "items.json"} for i in range(3)]


def test_a_child_sees_its_own_execution(machines: Machines) -> None:
    child = {
        "Type": "Pass",
        "Parameters": {
            "id.$": "$$.Execution.Id",
            "name.$": "$$.Execution.Name",
            "input.$": "$$.Execution.Input",
            "machine.$": "$$.StateMachine.Id",
        },
        "End": True,
    }
    seen = machines.run(distributed(child, Label="packages"), ["x"])

    (found,) = seen["result"]
    machine = seen["stateMachineArn"]
    assert found["machine"] == f"{machine}/packages"
    name = machine.rpartition(":")[2]
    assert found["id"].endswith(f":execution:{name}/packages:{found['name']}")
    assert found["input"] == "x"


@pytest.mark.parametrize(
    ("tolerated", "status"),
    [
        ({}, "FAILED"),
        ({"ToleratedFailurePercentage": 20}, "FAILED"),
        ({"ToleratedFailurePercentage": 25}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 100}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 1}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 10}, "FAILED"),
    ],
)
def test_failed_items_are_tolerated_up_to_the_threshold(
    machines: Machines, tolerated: dict[str, Any], status: str
) -> None:
    seen = machines.run(distributed(task(), **tolerated), ["a", "bad", "c", "d"])

    assert seen["status"] == status
    if status == "SUCCEEDED":
        assert seen["result"] == ["a", None, "c", "d"]
        run = machines.map_run(seen["executionArn"])
        assert (run["itemCounts"]["failed"], run["itemCounts"]["succeeded"]) == (1, 3)
    else:
        assert seen["error"] == "States.ExceedToleratedFailureThreshold"
        assert seen["cause"] == "The specified tolerated failure threshold was exceeded"


def test_children_catch_and_retry_on_their_own(machines: Machines) -> None:
    catch = [{"ErrorEquals": ["ValueError"], "Next": "Note", "ResultPath": "$.error"}]
    state = distributed(task(Catch=catch), ItemBatcher={"MaxItemsPerBatch": 1})
    state["ItemProcessor"]["States"]["Note"] = {
        "Type": "Pass",
        "Parameters": {"failed.$": "$.Items[0]", "why.$": "$.error.Cause"},
        "End": True,
    }

    seen = machines.run(state, ["a", "bad"])

    assert seen["status"] == "SUCCEEDED"
    assert seen["result"][1]["failed"] == "bad"
    assert "a bad item" in seen["result"][1]["why"]


def test_a_failed_run_is_caught_by_the_state(machines: Machines) -> None:
    catch = [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "Next": "Note"}]
    note = {"Type": "Pass", "Result": "noted", "End": True}

    seen = machines.run(distributed(task(), Catch=catch), ["bad"], states={"Note": note})

    assert (seen["status"], seen["result"]) == ("SUCCEEDED", "noted")
    assert machines.map_run(seen["executionArn"])["status"] == "FAILED"


@pytest.mark.parametrize(
    ("value", "cause"),
    [({"key": "missing.json"}, "NoSuchKey"), ({"key": "object.json"}, "non-iterable")],
)
def test_items_that_cannot_be_read_fail_with_the_readers_error(
    machines: Machines, value: dict[str, str], cause: str
) -> None:
    machines.put({"no": "list"}, "object.json")

    seen = machines.run(distributed(PASS, ItemReader=from_s3()), value)

    assert (seen["status"], seen["error"]) == ("FAILED", "States.ItemReaderFailed")
    assert cause in seen["cause"]


def test_an_item_that_cannot_be_selected_fails_the_run(machines: Machines) -> None:
    state = distributed(PASS, ItemSelector={"v.$": "$$.Map.Item.Value.missing"})

    seen = machines.run(state, [{"v": 1}])

    assert (seen["status"], seen["error"]) == ("FAILED", "States.Runtime")
    assert machines.map_run(seen["executionArn"])["status"] == "FAILED"


def test_outputs_over_the_limit_fail_and_need_a_result_writer(machines: Machines) -> None:
    value = machines.put(["x" * 1000] * 300)
    state = distributed(PASS, ItemReader=from_s3())

    assert machines.run(state, value)["error"] == "States.DataLimitExceeded"
    quiet = distributed({**PASS, "Result": {}}, ItemReader=from_s3())
    assert machines.run(quiet, value)["status"] == "SUCCEEDED"


def test_results_are_written_to_files_that_the_output_names(machines: Machines) -> None:
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "work", "Prefix.$": "$.prefix"},
    }
    state = distributed(
        task(),
        ItemReader=from_s3(),
        ResultWriter=writer,
        ToleratedFailurePercentage=100,
        ResultPath="$.run",
    )
    value = machines.put(["a", "bad", "c"]) | {"prefix": "results"}

    seen = machines.run(state, value)

    assert seen["status"] == "SUCCEEDED", seen.get("cause")
    details = seen["result"]["run"]["ResultWriterDetails"]
    s3 = machines.aws.client("s3")

    def read(key: str) -> Any:
        return json.load(s3.get_object(Bucket=details["Bucket"], Key=key)["Body"])

    manifest = read(details["Key"])
    assert details["Key"].startswith("results/")
    assert manifest["MapRunArn"] == seen["result"]["run"]["MapRunArn"]
    files = manifest["ResultFiles"]
    done, failed = (read(files[kind][0]["Key"]) for kind in ("SUCCEEDED", "FAILED"))
    assert sorted(one["Output"] for one in done) == ['"a"', '"c"']
    assert [(one["Input"], one["Error"], one["Status"]) for one in failed] == [
        ('"bad"', "ValueError", "FAILED")
    ]
    assert files["PENDING"] == []


def test_no_more_children_run_than_the_concurrency(machines: Machines) -> None:
    seen = machines.start(
        machines.make(distributed(task(), MaxConcurrency=2)), [{"sleep": 0.3}] * 6
    )
    most = 0

    def ended() -> bool:
        nonlocal most
        runs = machines.states.list_map_runs(executionArn=seen)["mapRuns"]
        if runs:
            found = machines.states.describe_map_run(mapRunArn=runs[0]["mapRunArn"])
            most = max(most, found["executionCounts"]["running"])
        status = machines.states.describe_execution(executionArn=seen)["status"]
        return bool(status != "RUNNING")

    eventually(ended)

    assert most == 2


def test_two_maps_of_one_execution_write_their_own_results(machines: Machines) -> None:
    def branch(name: str, key: str) -> dict[str, Any]:
        writer = {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": "work", "Prefix": name},
        }
        reader = {**from_s3(), "Parameters": {"Bucket": "work", "Key": key}}
        state = distributed(PASS, ItemReader=reader, ResultWriter=writer)
        state["ItemProcessor"] = json.loads(
            json.dumps(state["ItemProcessor"]).replace("Child", f"Child{name}")
        )
        return {"StartAt": name, "States": {name: state}}

    machines.put(["a"], "one.json")
    machines.put(["b", "c"], "two.json")
    both = {
        "Type": "Parallel",
        "Branches": [branch("One", "one.json"), branch("Two", "two.json")],
        "End": True,
    }

    seen = machines.run(both)

    runs = {one["MapRunArn"] for one in seen["result"]}
    assert len(runs) == 2
    keys = [one["ResultWriterDetails"]["Key"].partition("/")[0] for one in seen["result"]]
    assert keys == ["One", "Two"]
    listed = machines.states.list_map_runs(executionArn=seen["executionArn"])["mapRuns"]
    assert {one["mapRunArn"] for one in listed} == runs


def test_a_thousand_items_need_no_thread_each_and_leave_none(machines: Machines) -> None:
    before = threading.active_count()
    state = distributed({**PASS, "Result": 1}, ItemReader=from_s3(), MaxConcurrency=1)
    value = machines.put(list(range(1000)))

    seen = machines.run(state, value)

    assert len(seen["result"]) == 1000
    eventually(lambda: threading.active_count() <= before + 8)


def test_a_run_without_items_succeeds(machines: Machines) -> None:
    seen = machines.run(distributed(PASS, ItemReader=from_s3()), machines.put([]))

    assert (seen["status"], seen["result"]) == ("SUCCEEDED", [])
