"""``run-task`` against an ECS that answers from a list, each call checked against botocore."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from inferctl.cluster_view import ClusterStack
from inferctl.commands import run_task

ACCOUNT = "arn:aws:ecs:us-east-1:123456789012"
CLUSTER = "laptop-cluster-Cluster"
FAMILY = f"{ACCOUNT}:task-definition/laptop-embed"
HOST = f"{ACCOUNT}:container-instance/{CLUSTER}/aaaa"
OUTPUTS = ClusterStack(
    cluster=CLUSTER,
    outputs={"ClusterName": CLUSTER, "TaskDefinitionEmbedOnce": FAMILY},
    services={},
)


def definition(
    *chips: int, pinned: str | None = None, mode: str = "bridge", ports: tuple[int, ...] = ()
) -> dict[str, Any]:
    """A described task definition that owns ``chips`` and holds their lock ports."""
    devices = [{"hostPath": f"/dev/neuron{chip}"} for chip in chips]
    mapped = [*ports, *(31_000 + chip for chip in chips)]
    constraint = {"type": "memberOf", "expression": f"attribute:ecs.instance-type == {pinned}"}
    return {
        "family": "laptop-embed",
        "revision": 3,
        "networkMode": mode,
        "containerDefinitions": [
            {
                "name": "main",
                "linuxParameters": {"devices": devices},
                "portMappings": [{"containerPort": port, "hostPort": port} for port in mapped],
            }
        ],
        "placementConstraints": [constraint] if pinned else [],
    }


def task(number: int, status: str, *codes: int | None, **more: Any) -> dict[str, Any]:
    containers = [
        {"name": f"c{index}", **({} if code is None else {"exitCode": code})}
        for index, code in enumerate(codes)
    ]
    arn = f"{ACCOUNT}:task/{CLUSTER}/t{number}"
    placed = {"containerInstanceArn": HOST} if status != "PROVISIONING" else {}
    return {"taskArn": arn, "lastStatus": status, "containers": containers, **placed, **more}


@pytest.fixture
def ecs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test")
    client = session.client("ecs", region_name="us-east-1")
    monkeypatch.setattr(run_task, "ecs_client", lambda **_: client)
    monkeypatch.setattr(run_task, "running_url", lambda: "http://localhost:1")
    monkeypatch.setattr(run_task, "read_cluster", lambda *_, **__: OUTPUTS)
    monkeypatch.setattr("inferctl.task_run.time.sleep", lambda _seconds: None)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def describes(ecs: Stubber, described: dict[str, Any], name: str = FAMILY) -> None:
    ecs.add_response(
        "describe_task_definition", {"taskDefinition": described}, {"taskDefinition": name}
    )


def runs(
    ecs: Stubber,
    tasks: list[dict[str, Any]],
    reasons: tuple[str, ...] = (),
    **expected: Any,
) -> None:
    failures = [{"arn": HOST, "reason": reason} for reason in reasons]
    parameters = {
        "cluster": CLUSTER,
        "taskDefinition": FAMILY,
        "count": 1,
        "startedBy": "inferctl",
        "clientToken": ANY,
        **expected,
    }
    ecs.add_response("run_task", {"tasks": tasks, "failures": failures}, parameters)


def sees_hosts(ecs: Stubber, instance_type: str = "inf1.xlarge") -> None:
    host = {
        "containerInstanceArn": HOST,
        "ec2InstanceId": "i-0abc",
        "attributes": [{"name": "ecs.instance-type", "value": instance_type}],
    }
    ecs.add_response("describe_container_instances", {"containerInstances": [host]})


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    run_task.add_parser(parser.add_subparsers(required=True))
    arguments = parser.parse_args(["run-task", *words])
    status: int = arguments.run(arguments)
    return status


def test_task_of_the_platform_is_started_and_shown_with_its_chip_and_host(
    ecs: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    describes(ecs, definition(2))
    runs(ecs, [task(1, "PENDING", None)])
    sees_hosts(ecs, "inf1.6xlarge")

    assert run("embed-once") == 0

    said = capsys.readouterr().out
    assert "run laptop-embed:3" in said and "1 of 1 started" in said
    assert said.splitlines()[-2].split() == ["t1", "i-0abc", "inf1.6xlarge", "2", "PENDING", "-"]


def test_the_articles_call_is_placed_by_lower_case_type_with_a_note(
    ecs: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    describes(ecs, definition(0), "ecs-inference-task-def")
    runs(
        ecs,
        [task(1, "PENDING", None)],
        cluster="default",
        taskDefinition="ecs-inference-task-def",
        placementConstraints=[
            {"type": "memberOf", "expression": "attribute:ecs.instance-type == inf1.xlarge"}
        ],
    )
    sees_hosts(ecs)

    words = ("--task-definition", "ecs-inference-task-def", "--instance-type", "Inf1.xlarge")
    assert run(*words) == 0

    assert "note: Inf1.xlarge is sent as inf1.xlarge" in capsys.readouterr().err


@pytest.mark.usefixtures("ecs")
def test_dry_run_prints_a_call_that_the_shell_reads_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("--task-definition", "ecs-inference-task-def", "--instance-type", "inf1.xlarge")

    assert run(*words, "--count", "2", "--dry-run") == 0

    assert shlex.split(capsys.readouterr().out) == [
        *("aws", "ecs", "run-task", "--cluster", "default"),
        *("--task-definition", "ecs-inference-task-def", "--count", "2"),
        *("--started-by", "inferctl", "--placement-constraints"),
        "type=memberOf,expression=attribute:ecs.instance-type == inf1.xlarge",
        *("--region", "us-east-1"),
    ]


def test_dry_run_of_a_platforms_task_names_cluster_definition_and_endpoint(
    ecs: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    describes(ecs, definition(0))

    assert run("embed-once", "--dry-run") == 0

    words = shlex.split(capsys.readouterr().out)
    assert words[3:7] == ["--cluster", CLUSTER, "--task-definition", FAMILY]
    assert words[-4:] == ["--region", "us-east-1", "--endpoint-url", "http://localhost:1"]


def test_pool_of_the_task_may_start_a_host_for_it(
    ecs: Stubber, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = {**OUTPUTS.outputs, "TaskCapacityProviderEmbedOnce": "inf1-provider"}
    cluster = ClusterStack(cluster=CLUSTER, outputs=outputs, services={})
    monkeypatch.setattr(run_task, "read_cluster", lambda *_, **__: cluster)
    describes(ecs, definition(0))
    strategy = [{"capacityProvider": "inf1-provider", "weight": 1}]
    runs(ecs, [task(1, "PROVISIONING")], capacityProviderStrategy=strategy)

    assert run("embed-once") == 0

    assert "PROVISIONING: waits for a host of the pool" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            "RESOURCE:PORTS",
            "chips 2-3 of every host in reach are owned by another task, which holds host ports"
            " 31002-31003, or another task holds host port 8500",
        ),
        ("RESOURCE:MEMORY", "too little memory left"),
        ("RESOURCE:CPU", "too little CPU left"),
        ("RESOURCE:ENI", "turn ENI trunking on"),
        ("RESOURCE:OTHER", "short of it"),
        ("AGENT", "agent is disconnected"),
        ("ATTRIBUTE", "lacks something that the task definition asks for"),
        (
            "MemberOf placement constraint unsatisfied.",
            "no active host of type inf1.6xlarge; add one to its pool",
        ),
        (
            "No Container Instances were found in your capacity provider.",
            "the pool got no host that the task fits on",
        ),
        ("NEW REASON", "api_failures_messages.html"),
    ],
)
def test_refusal_comes_with_ecs_reason_and_what_to_do(
    reason: str, sentence: str, ecs: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    describes(ecs, definition(2, 3, ports=(8500,)))
    constraints = [
        {"type": "memberOf", "expression": "attribute:ecs.instance-type == inf1.6xlarge"}
    ]
    runs(ecs, [], (reason, reason), count=2, placementConstraints=constraints)

    assert run("embed-once", "--instance-type", "inf1.6xlarge", "--count", "2") == 1

    said = capsys.readouterr().err
    assert f"not started: {reason} (2 times)" in said
    assert sentence in said


def test_tasks_that_started_are_shown_beside_those_that_did_not(
    ecs: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    describes(ecs, definition(0))
    runs(ecs, [task(1, "PENDING", None)], ("RESOURCE:PORTS",), count=2)
    sees_hosts(ecs)

    assert run("embed-once", "--count", "2") == 1

    captured = capsys.readouterr()
    assert "1 of 2 started" in captured.out and "i-0abc" in captured.out
    assert "chip 0 of every host in reach is owned by another task" in captured.err


def test_cluster_without_a_host_is_a_refusal_and_not_a_crash(
    ecs: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    describes(ecs, definition(0))
    message = "No Container Instances were found in your cluster."
    ecs.add_client_error("run_task", "InvalidParameterException", message)

    assert run("embed-once") == 1

    assert "the cluster has no host" in capsys.readouterr().err


def test_waiting_ends_with_the_exit_codes(ecs: Stubber, capsys: pytest.CaptureFixture[str]) -> None:
    describes(ecs, definition(0))
    runs(ecs, [task(1, "PENDING", None, None)])
    # a task of a moment ago may still be unknown to DescribeTasks
    ecs.add_response("describe_tasks", {"tasks": [], "failures": [{"reason": "MISSING"}]})
    ecs.add_response("describe_tasks", {"tasks": [task(1, "RUNNING", 0, None)]})
    ecs.add_response("describe_tasks", {"tasks": [task(1, "STOPPED", 0, 0)]})
    sees_hosts(ecs)

    assert run("embed-once", "--wait") == 0

    said = capsys.readouterr().out
    assert "1 STOPPED" in said
    assert said.splitlines()[-2].split()[-3:] == ["STOPPED", "0,", "0"]


def test_container_that_exits_with_an_error_fails_the_command(
    ecs: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    describes(ecs, definition(0))
    runs(ecs, [task(1, "PENDING", None, None)])
    ended = task(1, "STOPPED", 0, 3, stoppedReason="Essential container in task exited")
    ecs.add_response("describe_tasks", {"tasks": [ended]})
    sees_hosts(ecs)

    assert run("embed-once", "--wait") == 1

    said = capsys.readouterr().err
    assert "task t1: container c1 exited with 3; Essential container in task exited" in said


def test_container_that_never_ran_fails_the_command_with_its_reason(
    ecs: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    describes(ecs, definition(0))
    runs(ecs, [task(1, "PENDING", None)])
    ended = task(1, "STOPPED", None, stopCode="TaskFailedToStart", stoppedReason="Task failed")
    ended["containers"][0]["reason"] = "CannotPullContainerError: no such image"
    ecs.add_response("describe_tasks", {"tasks": [ended]})
    sees_hosts(ecs)

    assert run("embed-once", "--wait") == 1

    assert "c0 did not run: CannotPullContainerError: no such image" in capsys.readouterr().err


def test_task_that_no_pool_could_place_comes_with_what_to_do(
    ecs: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    describes(ecs, definition(1))
    runs(ecs, [task(1, "PROVISIONING")])
    reason = "TaskFailedToStart: RESOURCE:PORTS"
    ended = {**task(1, "PROVISIONING"), "lastStatus": "STOPPED", "stoppedReason": reason}
    ecs.add_response("describe_tasks", {"tasks": [ended]})

    assert run("embed-once", "--wait") == 1

    said = capsys.readouterr().err
    assert f"task t1: {reason}" in said
    assert "chip 1 of every host in reach is owned" in said


def test_waiting_has_an_end_and_leaves_the_tasks_running(
    ecs: Stubber, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 3))
    monkeypatch.setattr("inferctl.task_run.time.monotonic", lambda: next(clock))
    describes(ecs, definition(0))
    runs(ecs, [task(1, "PENDING", None)])
    for _ in range(3):
        ecs.add_response("describe_tasks", {"tasks": [task(1, "RUNNING", None)]})
    sees_hosts(ecs)

    assert run("embed-once", "--wait", "--timeout", "9") == 1

    assert "not over after 9 s; the tasks run on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name either a TASK of the platform file or a --task-definition"),
        (("a", "--task-definition", "b"), "name either a TASK of the platform file"),
        (("embed-once", "--cluster", "c"), "--cluster goes with --task-definition"),
        (("embed-once", "--region", "r"), "--region goes with --task-definition"),
        (("--task-definition", "b", "--platform", "p"), "--platform goes with a TASK"),
        (("embed-once", "--count", "0"), "--count must be 1 to 10, RunTask's limit, got 0"),
        (("embed-once", "--count", "11"), "--count must be 1 to 10, RunTask's limit, got 11"),
        (("embed-once", "--timeout", "0"), "--timeout must be 1 to 604800 seconds, got 0"),
        (("resnet",), "platform laptop has no task 'resnet' (there are: embed-once)"),
        (("embed-once", "--platform", "absent.yaml"), "absent.yaml"),
        (
            ("embed-once", "--instance-type", "inf1.4xlarge"),
            "'inf1.4xlarge' is not in the catalogue (it knows inf1.xlarge, inf1.2xlarge,",
        ),
        (
            ("embed-once", "--instance-type", "warp9.huge"),
            "'warp9.huge' is not in the catalogue (`inferctl catalog` lists it)",
        ),
    ],
)
def test_unusable_request_starts_nothing(
    words: tuple[str, ...], message: str, ecs: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    if "embed-once" in words and "--platform" not in words:
        describes(ecs, definition(0))
    elif "--task-definition" in words:
        describes(ecs, definition(0), "b")

    assert run(*words) == 2

    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("described", "instance_type", "message"),
    [
        (
            definition(4),
            "inf1.6xlarge",
            "laptop-embed:3 maps /dev/neuron4, and inf1.6xlarge has 4 chips",
        ),
        (definition(1), "inf2.xlarge", "maps /dev/neuron1, and inf2.xlarge has 1 chip"),
        (definition(0), "g4dn.xlarge", "maps /dev/neuron0, and g4dn.xlarge has no Neuron chip"),
        (
            definition(0, pinned="inf1.xlarge"),
            "inf2.xlarge",
            "runs on inf1.xlarge only, by its own placement constraint, not on inf2.xlarge",
        ),
        (definition(0, mode="awsvpc"), "inf1.xlarge", "has network mode awsvpc"),
    ],
)
def test_type_that_cannot_run_the_definition_is_refused_before_ecs_is_asked(
    described: dict[str, Any],
    instance_type: str,
    message: str,
    ecs: Stubber,
    capsys: pytest.CaptureFixture[str],
) -> None:
    describes(ecs, described)

    assert run("embed-once", "--instance-type", instance_type) == 2

    assert message in capsys.readouterr().err


def test_every_problem_is_named_at_once(ecs: Stubber, capsys: pytest.CaptureFixture[str]) -> None:
    describes(ecs, definition(3))

    words = ("--count", "99", "--timeout", "0", "--instance-type", "inf2.xlarge")
    assert run("embed-once", *words) == 2

    said = capsys.readouterr().err
    assert said.count("\n") == 3
    assert "--count" in said and "--timeout" in said and "/dev/neuron3" in said


def test_unknown_task_definition_is_unusable_input(
    ecs: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    message = "Unable to describe task definition."
    ecs.add_client_error("describe_task_definition", "ClientException", message)

    assert run("--task-definition", "gone") == 2

    said = capsys.readouterr().err
    assert "task definition gone does not exist in us-east-1" in said and message in said


@pytest.mark.parametrize("operation", ["describe_task_definition", "run_task"])
def test_refused_call_is_one_line_without_a_traceback(
    operation: str, ecs: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    if operation == "run_task":
        describes(ecs, definition(0))
    ecs.add_client_error(operation, "AccessDeniedException", "not yours")

    assert run("embed-once") == 1

    said = capsys.readouterr().err
    assert "not yours" in said and said.count("\n") == 1


@pytest.mark.usefixtures("ecs")
def test_platform_without_a_cluster_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_task, "read_cluster", lambda *_, **__: None)

    assert run("embed-once") == 2

    assert "platform laptop has no cluster deployed" in capsys.readouterr().err


@pytest.mark.usefixtures("ecs")
def test_embedded_platform_that_is_not_up_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_task, "running_url", lambda: None)

    assert run("embed-once") == 2

    assert "the embedded AWS is not running; run `make up`" in capsys.readouterr().err


@pytest.mark.usefixtures("ecs")
def test_plain_call_without_a_region_says_how_to_give_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")

    assert run("--task-definition", "b") == 2

    assert "no region: give --region, or set AWS_REGION" in capsys.readouterr().err
