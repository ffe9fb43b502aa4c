"""Names, ends and histories of executions, and jobs that go with them."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Machines, distributed, eventually, task

pytestmark = pytest.mark.server
WAIT = {"Type": "Wait", "Seconds": 60, "End": True}
PASS = {"Type": "Pass", "End": True}
SLEEP = "import time; time.sleep(60)"


def code(call: Any, **arguments: Any) -> str:
    """The error code that a call is refused with."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    found: str = caught.value.response["Error"]["Code"]
    return found


def test_a_running_name_with_the_same_input_is_joined(machines: Machines) -> None:
    machine = machines.make(WAIT)
    first = machines.start(machine, {"a": 1}, name="work")

    assert machines.start(machine, {"a": 1}, name="work") == first
    again = {"stateMachineArn": machine, "name": "work", "input": '{"a": 2}'}
    assert code(machines.states.start_execution, **again) == "ExecutionAlreadyExists"
    machines.states.stop_execution(executionArn=first)
    again["input"] = '{"a": 1}'
    assert code(machines.states.start_execution, **again) == "ExecutionAlreadyExists"


def test_two_callers_with_one_name_start_one_execution(machines: Machines) -> None:
    machine = machines.make(WAIT)
    threads = [
        threading.Thread(target=machines.start, args=(machine,), kwargs={"name": "work"})
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = machines.states.list_executions(stateMachineArn=machine)["executions"]

    assert len(found) == 1
    machines.states.stop_execution(executionArn=found[0]["executionArn"])


@pytest.mark.parametrize("name", ["a b", "a<b", "x" * 81])
def test_names_that_aws_does_not_take_are_refused(machines: Machines, name: str) -> None:
    machine = machines.make(PASS)

    refused = code(machines.states.start_execution, stateMachineArn=machine, name=name)

    assert refused in ("InvalidName", "ValidationException")


def test_a_stopped_execution_is_aborted_at_once_with_its_reason(machines: Machines) -> None:
    execution = machines.start(machines.make(task()), {"sleep": 3})
    eventually(lambda: len(events(machines, execution)) > 3)
    begun = time.monotonic()

    machines.states.stop_execution(executionArn=execution, error="Replaced", cause="a newer one")
    seen = machines.states.describe_execution(executionArn=execution)

    assert time.monotonic() - begun < 1
    assert (seen["status"], seen["error"], seen["cause"]) == ("ABORTED", "Replaced", "a newer one")
    history = events(machines, execution)
    assert history[-1]["executionAbortedEventDetails"] == {
        "error": "Replaced",
        "cause": "a newer one",
    }
    machines.states.stop_execution(executionArn=execution, error="Again")
    time.sleep(3.5)
    after = machines.states.describe_execution(executionArn=execution)
    assert (after["status"], after["stopDate"]) == ("ABORTED", seen["stopDate"])
    assert after["error"] == "Replaced"
    assert events(machines, execution) == history, "what ended later is no part of the history"


def test_an_execution_is_stopped_even_right_after_its_start(machines: Machines) -> None:
    machine = machines.make(WAIT)
    for _ in range(5):
        execution = machines.start(machine)
        machines.states.stop_execution(executionArn=execution)
        assert machines.finish(execution)["status"] == "ABORTED"


def events(machines: Machines, execution: str, **more: Any) -> list[dict[str, Any]]:
    found = machines.states.get_execution_history(executionArn=execution, **more)
    listed: list[dict[str, Any]] = found["events"]
    return listed


def test_a_history_comes_in_pages_and_backwards(machines: Machines) -> None:
    execution = machines.run(PASS, {"secret": 1})["executionArn"]
    pages = machines.states.get_paginator("get_execution_history").paginate(
        executionArn=execution, PaginationConfig={"PageSize": 3}
    )

    paged = [[one["type"] for one in page["events"]] for page in pages]

    assert [len(page) for page in paged] == [3, 1]
    last = events(machines, execution, reverseOrder=True, maxResults=1)
    assert [one["type"] for one in last] == ["ExecutionSucceeded"]
    assert "secret" in json.dumps(events(machines, execution), default=str)
    bare = events(machines, execution, includeExecutionData=False)
    assert "secret" not in json.dumps(bare, default=str)


def test_settings_of_a_machine_are_kept(machines: Machines) -> None:
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/states:*"
    logging = {
        "level": "ERROR",
        "includeExecutionData": False,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
    }
    machine = machines.make(
        PASS, loggingConfiguration=logging, tracingConfiguration={"enabled": True}
    )

    seen = machines.states.describe_state_machine(stateMachineArn=machine)

    assert seen["loggingConfiguration"] == logging
    assert seen["tracingConfiguration"] == {"enabled": True}


def test_a_definition_that_is_wrong_is_refused_by_name(machines: Machines) -> None:
    batched = distributed(PASS, ItemBatcher={})

    with pytest.raises(ClientError, match="ItemBatcher needs one of") as caught:
        machines.make(batched)

    assert caught.value.response["Error"]["Code"] == "InvalidDefinition"


def test_a_state_waits_for_its_job_and_returns_it(machines: Machines) -> None:
    definition = machines.define_job("import os; print(os.environ['MODEL'])")
    overrides = {"Environment": [{"Name": "MODEL", "Value.$": "$.model"}]}
    state = machines.job(definition, parameters={"ContainerOverrides": overrides})

    seen = machines.run(state, {"model": "resnet50"})

    job = seen["result"]
    assert (job["Status"], job["Container"]["ExitCode"]) == ("SUCCEEDED", 0)
    variables = {one["Name"]: one["Value"] for one in job["Container"]["Environment"]}
    assert variables == {"MODEL": "resnet50", "MANAGED_BY_AWS": "STARTED_BY_STEP_FUNCTIONS"}


def test_a_failed_job_fails_its_state_with_the_whole_job(machines: Machines) -> None:
    seen = machines.run(machines.job(machines.define_job("raise SystemExit(4)")))

    assert (seen["status"], seen["error"]) == ("FAILED", "States.TaskFailed")
    job = json.loads(seen["cause"])
    assert job["Container"]["ExitCode"] == 4
    assert job["StatusReason"] == "Essential container in task exited"


def test_what_batch_refuses_is_an_error_of_its_name(machines: Machines) -> None:
    seen = machines.run(machines.job("missing"))

    assert (seen["status"], seen["error"]) == ("FAILED", "Batch.ClientException")


def test_a_stopped_execution_ends_its_job(machines: Machines) -> None:
    execution = machines.start(machines.make(machines.job(machines.define_job(SLEEP))))
    (job,) = eventually(lambda: machines.jobs("RUNNING"))

    machines.states.stop_execution(executionArn=execution)

    assert machines.part.wait(job, seconds=20)
    found = machines.aws.client("batch").describe_jobs(jobs=[job])["jobs"][0]
    assert found["statusReason"].startswith("Terminated by Step Functions: arn:aws:states:")
    assert found["isTerminated"]


def test_a_state_that_times_out_ends_its_job(machines: Machines) -> None:
    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}]
    state = machines.job(machines.define_job(SLEEP), TimeoutSeconds=1, Catch=catch)
    late = {"Type": "Pass", "Result": "late", "End": True}
    execution = machines.start(machines.make(state, states={"Late": late}))
    (job,) = eventually(lambda: machines.jobs("RUNNING"))

    seen = machines.finish(execution)

    assert (seen["status"], seen["output"]) == ("SUCCEEDED", '"late"')
    assert machines.part.wait(job, seconds=20)
    types = [one["type"] for one in events(machines, execution)]
    assert "TaskTimedOut" in types
    assert "TaskSucceeded" not in types


def test_an_execution_that_times_out_ends_its_jobs_and_says_when(machines: Machines) -> None:
    definition = json.dumps(
        {
            "StartAt": "Job",
            "TimeoutSeconds": 1,
            "States": {"Job": machines.job(machines.define_job(SLEEP))},
        }
    )
    made = machines.states.create_state_machine(
        name="limited", definition=definition, roleArn="arn:aws:iam::123456789012:role/machine"
    )
    execution = machines.start(made["stateMachineArn"])
    (job,) = eventually(lambda: machines.jobs("RUNNING"))

    seen = machines.finish(execution)

    assert seen["status"] == "TIMED_OUT"
    assert seen["stopDate"] > seen["startDate"]
    assert machines.part.wait(job, seconds=20)


def test_stopping_a_map_ends_the_jobs_of_its_children_and_starts_no_more(
    machines: Machines,
) -> None:
    state = distributed(machines.job(machines.define_job(SLEEP)), MaxConcurrency=3)
    execution = machines.start(machines.make(state), list(range(10)))
    eventually(lambda: len(machines.jobs("RUNNING") + machines.jobs("RUNNABLE")) == 3)

    machines.states.stop_execution(executionArn=execution)

    eventually(lambda: not machines.jobs("RUNNING") + machines.jobs("RUNNABLE"))
    run = eventually(
        lambda: (found := machines.map_run(execution))["status"] == "ABORTED" and found
    )
    assert run["executionCounts"]["aborted"] == 3
    assert run["itemCounts"]["pending"] == 7
    time.sleep(0.3)
    assert not machines.jobs("RUNNING") + machines.jobs("RUNNABLE")


def test_a_branch_that_fails_ends_the_jobs_of_the_others(machines: Machines) -> None:
    job = machines.job(machines.define_job(SLEEP))
    fails = {"Type": "Wait", "Seconds": 1, "Next": "Fail"}
    both = {
        "Type": "Parallel",
        "Branches": [
            {"StartAt": "Job", "States": {"Job": job}},
            {"StartAt": "Soon", "States": {"Soon": fails, "Fail": {"Type": "Fail", "Error": "E"}}},
        ],
        "End": True,
    }

    seen = machines.run(both)

    assert (seen["status"], seen["error"]) == ("FAILED", "E")
    eventually(lambda: not machines.jobs("RUNNING") + machines.jobs("RUNNABLE"))


def test_a_threshold_that_is_exceeded_ends_the_jobs_of_the_other_children(
    machines: Machines,
) -> None:
    source = "import sys, time; time.sleep(0.2 if sys.argv[1] == '0' else 60); sys.exit(1)"
    name = machines.define_job(source)
    parameters = {"ContainerOverrides": {"Command.$": "$.command"}}
    state = distributed(machines.job(name, parameters=parameters))
    items = [{"command": ["python", "-c", source, str(number)]} for number in range(2)]

    seen = machines.run(state, items)

    assert seen["error"] == "States.ExceedToleratedFailureThreshold"
    eventually(lambda: not machines.jobs("RUNNING"))
    run = machines.map_run(seen["executionArn"])
    assert (run["itemCounts"]["failed"], run["itemCounts"]["aborted"]) == (1, 1)
