"""Jobs really run, with what Batch gives them, and end as Batch says."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from inferctl.localaws.batch.logs import LogStream

from .conftest import World, eventually

PRINT_ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ) | {'cwd': os.getcwd()}))"
SLEEP = "import time; print('up', flush=True); time.sleep(60)"
Refused = Callable[..., str]


def running(world: World, identifier: str) -> int:
    """The process of a job, once it runs."""

    def pid() -> int | None:
        return world.part.pid(identifier) if world.job(identifier)["status"] == "RUNNING" else None

    found: int = eventually(pid)
    return found


def test_a_job_succeeds_and_tells_what_happened(world: World) -> None:
    job = world.run("print('hello')", submit_tags={"a": "b"})

    assert (job["status"], job["statusReason"]) == (
        "SUCCEEDED",
        "Essential container in task exited",
    )
    assert job["container"]["exitCode"] == 0
    assert job["createdAt"] <= job["startedAt"] <= job["stoppedAt"]
    assert [one["container"]["exitCode"] for one in job["attempts"]] == [0]
    assert job["tags"] == {"a": "b"}
    assert world.lines(job) == ["hello"]


def test_a_job_sees_its_own_variables_and_nothing_of_this_process(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_PARENT", "1")
    job = world.run(
        PRINT_ENVIRONMENT,
        container={"environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]},
        submit_containerOverrides={"environment": [{"name": "B", "value": "2"}]},
    )

    seen = world.variables(job)

    assert seen["AWS_BATCH_JOB_ID"] == job["jobId"]
    assert seen["AWS_BATCH_JOB_ATTEMPT"] == "1"
    assert seen["AWS_BATCH_JQ_NAME"] == world.queue
    assert seen["AWS_BATCH_CE_NAME"] == world.environment
    assert seen["AWS_ENDPOINT_URL"] == world.aws.url
    assert seen["AWS_REGION"] == "us-east-1"
    assert (seen["A"], seen["B"]) == ("1", "2")
    assert seen["PYTHONPATH"] == str(Path(__file__).parent)
    assert "SECRET_OF_THE_PARENT" not in seen
    assert not Path(seen["cwd"]).exists(), "the folder of an attempt goes with it"


def test_a_job_reaches_the_embedded_aws_with_boto3(world: World) -> None:
    job = world.run("import boto3; print(boto3.client('sts').get_caller_identity()['Account'])")

    assert world.lines(job) == ["123456789012"]


def test_parameters_replace_references_in_the_command(world: World) -> None:
    command = ["python", "-c", "import sys; print(sys.argv[1:])", "Ref::model", "Ref::other"]
    definition = world.define(container={"command": command}, parameters={"model": "default"})

    job = world.ended(world.submit(definition, parameters={"model": "resnet50"}))

    assert world.lines(job) == ["['resnet50', 'Ref::other']"]
    assert job["parameters"] == {"model": "resnet50"}


def test_the_command_of_the_image_runs_when_the_definition_has_none(world: World) -> None:
    definition = world.define(container={"command": []})

    assert world.ended(world.submit(definition))["status"] == "SUCCEEDED"


def test_a_failed_job_has_the_exit_code_and_no_second_attempt(world: World) -> None:
    job = world.run("raise SystemExit(3)")

    assert job["status"] == "FAILED"
    assert job["container"]["exitCode"] == 3
    assert len(job["attempts"]) == 1


@pytest.mark.parametrize(
    ("conditions", "attempts"),
    [
        ([], 3),
        ([{"onExitCode": "3", "action": "EXIT"}], 1),
        ([{"onExitCode": "4", "action": "EXIT"}], 3),
        ([{"onExitCode": "3*", "action": "exit"}], 1),
        (
            [
                {"onStatusReason": "Host EC2*", "action": "RETRY"},
                {"onReason": "*", "action": "EXIT"},
            ],
            1,
        ),
        ([{"onStatusReason": "Essential container*", "action": "RETRY"}], 3),
        ([{"onExitCode": "3", "onReason": "Out*", "action": "EXIT"}], 3),
    ],
)
def test_failures_are_retried_by_cause(
    world: World, conditions: list[dict[str, str]], attempts: int
) -> None:
    job = world.run(
        "raise SystemExit(3)", retryStrategy={"attempts": 3, "evaluateOnExit": conditions}
    )

    assert (job["status"], len(job["attempts"])) == ("FAILED", attempts)


def test_each_attempt_has_its_number_and_its_log(world: World) -> None:
    source = "import os, sys; n = os.environ['AWS_BATCH_JOB_ATTEMPT']; print(n); sys.exit(n == '1')"
    job = world.run(source, retryStrategy={"attempts": 2})

    assert job["status"] == "SUCCEEDED"
    assert [one["container"]["exitCode"] for one in job["attempts"]] == [1, 0]
    assert world.lines(job) == ["2"]
    first = {"container": job["attempts"][0]["container"]}
    assert world.lines(first) == ["1"]


def test_a_lost_host_leaves_no_exit_code_and_is_retried_by_its_reason(world: World) -> None:
    strategy = {
        "attempts": 2,
        "evaluateOnExit": [
            {"onStatusReason": "Host EC2*", "action": "RETRY"},
            {"onReason": "*", "action": "EXIT"},
        ],
    }
    identifier = world.submit(world.define(SLEEP, retryStrategy=strategy))
    first = running(world, identifier)

    assert world.part.lose_host(identifier)
    second = eventually(lambda: world.part.pid(identifier) not in (None, first))
    lost = world.job(identifier)["attempts"][0]
    world.batch.terminate_job(jobId=identifier, reason="enough")

    assert second
    assert "exitCode" not in lost["container"]
    assert lost["statusReason"].startswith("Host EC2 (instance i-")
    assert world.ended(identifier)["statusReason"] == "enough"
    assert not world.part.lose_host(identifier)


def test_a_time_limit_ends_a_job_for_good(world: World) -> None:
    job = world.run(SLEEP, timeout={"attemptDurationSeconds": 60}, retryStrategy={"attempts": 3})

    assert (job["status"], job["statusReason"]) == (
        "FAILED",
        "Job attempt duration exceeded timeout",
    )
    assert job["container"]["exitCode"] == 128 + signal.SIGTERM
    assert len(job["attempts"]) == 1


def test_a_job_that_ignores_sigterm_is_killed_after_the_grace_period(world: World) -> None:
    source = f"import signal; signal.signal(15, lambda *_: print('asked', flush=True)); {SLEEP}"
    source = source.replace("time.sleep(60)", "[time.sleep(0.1) for _ in range(600)]")
    identifier = world.submit(world.define(source))
    running(world, identifier)
    eventually(lambda: world.lines(world.job(identifier)))

    world.batch.terminate_job(jobId=identifier, reason="stop it")
    job = world.ended(identifier)

    assert (job["status"], job["statusReason"]) == ("FAILED", "stop it")
    assert job["isTerminated"] and not job["isCancelled"]
    assert job["container"]["exitCode"] == 137
    assert world.lines(job) == ["up", "asked"]


def test_everything_that_a_job_started_ends_with_it(world: World) -> None:
    source = (
        "import subprocess, sys\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(300)']\n"
        "for more in (False, True):\n"
        "    print(subprocess.Popen(sleep, start_new_session=more).pid, flush=True)\n"
    )
    job = world.run(source)

    for pid in map(int, world.lines(job)):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_killed_process_counts_as_a_failure_with_its_signal(world: World) -> None:
    identifier = world.submit(world.define(SLEEP))

    os.kill(running(world, identifier), signal.SIGKILL)

    assert world.ended(identifier)["container"]["exitCode"] == 137


HELD = "held = bytearray(200 << 20); import time; time.sleep(60)"


@pytest.mark.parametrize(
    "program",
    [
        HELD,
        # as compilers are started: in a session of its own
        "import subprocess, sys;"
        f"subprocess.run([sys.executable, '-c', {HELD!r}], start_new_session=True)",
    ],
)
def test_a_job_over_its_memory_is_killed_and_says_so(world: World, program: str) -> None:
    job = world.run(
        program,
        container={
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "64"},
            ]
        },
    )

    assert job["container"]["exitCode"] == 137
    assert job["container"]["reason"] == "OutOfMemoryError: Container killed due to memory usage"


def test_limits_of_the_definition_hold(world: World) -> None:
    limit = {"name": "nofile", "softLimit": 64, "hardLimit": 64}
    job = world.run(
        "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE))",
        container={"ulimits": [limit]},
    )

    assert world.lines(job) == ["(64, 64)"]


def test_an_unknown_image_fails_the_job_with_the_reason(world: World) -> None:
    job = world.run("pass", container={"image": "missing"})

    assert (job["status"], job["statusReason"]) == ("FAILED", "Task failed to start")
    assert job["container"]["reason"] == "CannotPullContainerError: no such image: missing"
    assert "exitCode" not in job["container"]


def test_a_program_that_is_not_there_fails_the_job_with_the_reason(world: World) -> None:
    job = world.run("", container={"command": ["no-such-program"]})

    assert job["container"]["reason"].startswith("CannotStartContainerError: ")
    assert "no-such-program" in job["container"]["reason"]


def test_lines_go_to_the_group_of_the_definition(world: World) -> None:
    group = "/jobs/of/mine"
    options = {"awslogs-group": group, "awslogs-stream-prefix": "compile"}
    settings = {"logDriver": "awslogs", "options": options}
    definition = world.define("print('x' * 300_000)", container={"logConfiguration": settings})

    refused = world.ended(world.submit(definition))
    world.aws.client("logs").create_log_group(logGroupName=group)
    job = world.ended(world.submit(definition))

    assert "The specified log group does not exist" in refused["container"]["reason"]
    assert job["container"]["logStreamName"].startswith("compile/default/")
    assert "".join(world.lines(job, group)) == "x" * 300_000


def test_a_job_whose_log_breaks_off_does_not_run_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids: list[int] = []
    write = LogStream.write

    def broken(stream: LogStream, lines: list[str]) -> None:
        pids.extend(map(int, lines))
        if pids:
            raise EndpointConnectionError(endpoint_url="http://logs")
        write(stream, lines)

    monkeypatch.setattr(LogStream, "write", broken)

    job = world.run("import os, time; print(os.getpid(), flush=True); time.sleep(60)")

    assert job["status"] == "FAILED"
    assert job["container"]["reason"].startswith("EndpointConnectionError: ")
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_no_more_jobs_run_than_the_machine_has_slots(world: World, tmp_path: Path) -> None:
    source = (
        "import os, pathlib, time\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "mine = folder / os.environ['AWS_BATCH_JOB_ID']\n"
        "mine.touch(); time.sleep(0.2); print(len(list(folder.iterdir()))); mine.unlink()\n"
    )
    definition = world.define(source)

    jobs = [world.ended(one) for one in [world.submit(definition) for _ in range(8)]]

    assert {job["status"] for job in jobs} == {"SUCCEEDED"}
    assert max(int(world.lines(job)[0]) for job in jobs) == 2


def test_a_job_waits_for_the_jobs_it_depends_on(world: World) -> None:
    first = world.submit(world.define(SLEEP))
    second = world.submit(world.define(), dependsOn=[{"jobId": first}])
    assert world.job(second)["status"] == "PENDING"

    world.batch.terminate_job(jobId=first, reason="no")
    third = world.submit(world.define(), dependsOn=[{"jobId": world.run("pass")["jobId"]}])

    assert world.ended(second)["statusReason"] == "Dependent Job failed"
    assert world.ended(third)["status"] == "SUCCEEDED"


def test_cancelling_ends_what_has_not_started_and_nothing_else(world: World) -> None:
    definition = world.define(SLEEP)
    busy = [world.submit(definition) for _ in range(2)]
    waiting = [world.submit(definition) for _ in range(2)]
    for one in busy:
        running(world, one)

    for one in (busy[0], waiting[0]):
        world.batch.cancel_job(jobId=one, reason="not needed")
    world.batch.terminate_job(jobId=waiting[1], reason="not needed either")

    assert world.job(busy[0])["status"] == "RUNNING"
    assert [world.job(one)["status"] for one in waiting] == ["FAILED", "FAILED"]
    assert world.job(waiting[0])["isCancelled"]
    assert world.job(waiting[1])["statusReason"] == "not needed either"
    listed = world.batch.list_jobs(jobQueue=world.queue)["jobSummaryList"]
    assert [one["jobId"] for one in listed] == busy


def test_deleting_a_queue_ends_its_jobs(world: World) -> None:
    definition = world.define(SLEEP)
    jobs = [world.submit(definition) for _ in range(3)]
    pid = running(world, jobs[0])

    world.batch.update_job_queue(jobQueue=world.queue, state="DISABLED")
    world.batch.delete_job_queue(jobQueue=world.queue)

    assert {world.ended(one)["status"] for one in jobs} == {"FAILED"}
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_jobs_are_listed_by_status_and_by_filter(world: World) -> None:
    definition = world.define(name="listed")
    done = [world.ended(world.submit(definition, jobName=name))["jobId"] for name in ("a1", "b1")]

    def names(**asked: Any) -> list[str]:
        answer = world.batch.list_jobs(jobQueue=world.queue, **asked)
        return [one["jobName"] for one in answer["jobSummaryList"]]

    assert names() == []
    assert names(jobStatus="SUCCEEDED") == ["a1", "b1"]
    assert names(filters=[{"name": "JOB_NAME", "values": ["B*"]}]) == ["b1"]
    assert names(filters=[{"name": "JOB_DEFINITION", "values": ["listed"]}]) == ["b1", "a1"]
    assert names(filters=[{"name": "AFTER_CREATED_AT", "values": ["9999999999999"]}]) == []
    found = world.batch.describe_jobs(jobs=[*done, "missing"])["jobs"]
    assert [one["jobId"] for one in found] == done


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"arrayProperties": {"size": 2}}, "arrayProperties"),
        ({"jobName": "a b"}, "jobName must match"),
        ({"jobQueue": "none"}, "JobQueue none not found"),
        ({"jobDefinition": "none"}, "not active or does not exist"),
        ({"timeout": {"attemptDurationSeconds": 59}}, "at least 60"),
        ({"retryStrategy": {"attempts": 11}}, "attempts must be 1 to 10"),
        ({"dependsOn": [{"jobId": "none"}]}, "of dependsOn does not exist"),
        ({"dependsOn": [{"jobId": "x", "type": "N_TO_N"}]}, "dependencies of type N_TO_N"),
        (
            {"containerOverrides": {"resourceRequirements": [{"type": "GPU", "value": "0"}]}},
            "GPU must be a whole number",
        ),
    ],
)
def test_what_cannot_be_submitted_is_refused(
    world: World, message: Refused, members: dict[str, Any], words: str
) -> None:
    call = {"jobName": "job", "jobQueue": world.queue, "jobDefinition": world.define(), **members}

    assert words in message("submit_job", **call)


def test_a_disabled_queue_takes_no_jobs(world: World, message: Refused) -> None:
    world.batch.update_job_queue(jobQueue=world.queue, state="DISABLED")

    text = message("submit_job", jobName="j", jobQueue=world.queue, jobDefinition=world.define())

    assert "is not in state ENABLED" in text
