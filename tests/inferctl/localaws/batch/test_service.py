"""The Batch API through boto3: what is sent reads back, and what AWS refuses is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inferctl.environment import ROOT
from inferctl.localaws.batch.images import UnknownImageError, local_image
from inferctl.localaws.batch.protocol import service_model
from inferctl.localaws.batch.service import Batch
from inferctl.localaws.http import HttpRequest

from .conftest import World, eventually

Refused = Callable[..., str]
CONTAINER = {
    "image": "python",
    "command": ["python", "-c", "pass"],
    "jobRoleArn": "arn:aws:iam::123456789012:role/job",
    "executionRoleArn": "arn:aws:iam::123456789012:role/start",
    "environment": [{"name": "A", "value": "1"}],
    "resourceRequirements": [
        {"type": "GPU", "value": "1"},
        {"type": "MEMORY", "value": "8192"},
        {"type": "VCPU", "value": "4"},
    ],
    "linuxParameters": {
        "devices": [{"hostPath": "/dev/neuron0", "permissions": ["READ", "WRITE"]}],
        "initProcessEnabled": True,
        "sharedMemorySize": 1024,
    },
    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/g"}},
    "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 4096}],
    "privileged": False,
    "readonlyRootFilesystem": False,
    "user": "1000",
}
RETRY = {"attempts": 3, "evaluateOnExit": [{"onStatusReason": "Host EC2*", "action": "RETRY"}]}


def post(part: Batch, path: str, body: Any, method: str = "POST") -> tuple[int, dict[str, Any]]:
    """A call that no SDK would send."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = part.handle(HttpRequest(method, path, {}, lambda _: sent), region="us-east-1")
    return answer.status, json.loads(answer.body)


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/v1/submitjob", {"jobName": 1}, "jobName must be of type string"),
        ("/v1/submitjob", {"name": "x"}, "name is no member"),
        ("/v1/submitjob", {"jobName": "x"}, "jobQueue is required; jobDefinition is required"),
        ("/v1/submitjob", b"{", "no JSON"),
        ("/v1/submitjob", [], "must be an object"),
        ("/v1/canceljob", {"jobId": "x", "reason": "y"}, "job x does not exist"),
        (
            "/v1/createcomputeenvironment",
            {"computeEnvironmentName": "x", "type": "MINE"},
            "type must be one of MANAGED, UNMANAGED",
        ),
    ],
)
def test_what_is_not_of_the_api_is_refused(
    tmp_path: Path, path: str, body: Any, words: str
) -> None:
    status, answer = post(Batch(tmp_path), path, body)

    assert status == 400
    assert words in answer["message"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/v1/createschedulingpolicy", "CreateSchedulingPolicy"),
        ("/v1/getjobqueuesnapshot", "GetJobQueueSnapshot"),
        ("/v1/nothing", "POST /v1/nothing"),
    ],
)
def test_what_is_not_emulated_is_named_with_501(tmp_path: Path, path: str, words: str) -> None:
    name = {"name": "x", "jobQueue": "x"}
    body = {key: value for key, value in name.items() if (key == "name") is ("policy" in path)}

    status, answer = post(Batch(tmp_path), path, body)

    assert status == 501
    assert words in answer["message"]


def test_every_error_code_is_one_of_the_api() -> None:
    sources = "".join(
        path.read_text("utf-8") for path in (ROOT / "inferctl/localaws/batch").glob("*.py")
    )
    codes = set(re.findall(r'BatchError\(\s*"(\w+)"', sources)) - {"NotImplemented"}

    assert codes <= set(service_model().shape_names)
    assert codes


def test_an_environment_reads_back_changes_and_goes(world: World, message: Refused) -> None:
    template = world.aws.client("ec2").create_launch_template(
        LaunchTemplateName="jobs", LaunchTemplateData={"ImageId": "ami-12c6146b"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    resources = {
        "type": "SPOT",
        "allocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED",
        "minvCpus": 0,
        "maxvCpus": 64,
        "instanceTypes": ["g5", "g4dn.xlarge"],
        "bidPercentage": 100,
        "launchTemplate": {"launchTemplateId": template, "version": "$Latest"},
        "ec2Configuration": [{"imageType": "ECS_AL2023_NVIDIA"}],
        "tags": {"Name": "jobs"},
        **world.network,
    }
    role = "arn:aws:iam::123456789012:role/batch"
    arn = world.batch.create_compute_environment(
        computeEnvironmentName="spot",
        type="MANAGED",
        computeResources=resources,
        serviceRole=role,
        tags={"a": "b"},
    )["computeEnvironmentArn"]

    found = world.batch.describe_compute_environments(computeEnvironments=[arn])

    read = found["computeEnvironments"][0]
    assert read["computeResources"] == {**resources, "desiredvCpus": 0}
    assert (read["state"], read["status"], read["serviceRole"]) == ("ENABLED", "VALID", role)
    assert read["tags"] == {"a": "b"}
    world.batch.update_compute_environment(
        computeEnvironment="spot", computeResources={"maxvCpus": 8}
    )
    assert "must be DISABLED" in message("delete_compute_environment", computeEnvironment=arn)
    world.batch.update_compute_environment(computeEnvironment=arn, state="DISABLED")
    again = world.batch.describe_compute_environments(computeEnvironments=["spot"])
    assert again["computeEnvironments"][0]["computeResources"]["maxvCpus"] == 8
    world.batch.delete_compute_environment(computeEnvironment="spot")
    assert not world.batch.describe_compute_environments(computeEnvironments=["spot"])[
        "computeEnvironments"
    ]


def test_an_environment_whose_template_is_missing_is_invalid(
    world: World, message: Refused
) -> None:
    name = world.make_environment(launchTemplate={"launchTemplateName": "missing"})

    found = world.batch.describe_compute_environments(computeEnvironments=[name])

    read = found["computeEnvironments"][0]
    assert read["status"] == "INVALID"
    assert read["statusReason"].startswith("CLIENT_ERROR - ")
    text = message(
        "create_job_queue",
        jobQueueName="q",
        priority=1,
        computeEnvironmentOrder=[{"order": 1, "computeEnvironment": name}],
    )
    assert "not in a valid state" in text


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({"type": "FARGATE"}, "compute environments on FARGATE"),
        ({"instanceTypes": ["g99.xlarge"]}, "Instance type g99.xlarge does not exist"),
        ({"instanceRole": ""}, "computeResources.instanceRole is required"),
        ({"securityGroupIds": []}, "securityGroupIds or a launch template"),
        ({"minvCpus": 20}, "minvCpus must not be larger"),
        ({"allocationStrategy": "SPOT_CAPACITY_OPTIMIZED"}, "is for SPOT, type is EC2"),
        ({"scalingPolicy": {}}, "compute resources with scalingPolicy"),
    ],
)
def test_what_cannot_be_an_environment_is_refused(
    world: World, message: Refused, resources: dict[str, Any], words: str
) -> None:
    settings = {"type": "EC2", "maxvCpus": 16, "instanceTypes": ["c5"], **world.network}

    text = message(
        "create_compute_environment",
        computeEnvironmentName="x",
        type="MANAGED",
        computeResources=settings | resources,
    )

    assert words in text


def test_a_queue_reads_back_and_holds_its_environment(world: World, message: Refused) -> None:
    action = {
        "reason": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
        "state": "RUNNABLE",
        "maxTimeSeconds": 600,
        "action": "CANCEL",
    }
    name = world.make_queue(world.environment, jobStateTimeLimitActions=[action], tags={"a": "b"})

    read = world.batch.describe_job_queues(jobQueues=[name])["jobQueues"][0]

    assert read["computeEnvironmentOrder"][0]["computeEnvironment"].endswith(world.environment)
    assert read["jobStateTimeLimitActions"] == [action]
    assert (read["status"], read["priority"], read["tags"]) == ("VALID", 1, {"a": "b"})
    world.batch.update_compute_environment(computeEnvironment=world.environment, state="DISABLED")
    text = message("delete_compute_environment", computeEnvironment=world.environment)
    assert "found existing JobQueue relationship" in text
    assert "must be DISABLED" in message("delete_job_queue", jobQueue=name)
    other = [{"order": 1, "computeEnvironment": world.make_environment()}]
    world.batch.update_job_queue(jobQueue=name, priority=5, computeEnvironmentOrder=other)
    again = world.batch.describe_job_queues(jobQueues=[name])["jobQueues"][0]
    assert again["priority"] == 5


def test_a_definition_reads_back_in_revisions(world: World, message: Refused) -> None:
    settings: dict[str, Any] = {
        "parameters": {"model": "x"},
        "retryStrategy": RETRY,
        "timeout": {"attemptDurationSeconds": 3600},
        "propagateTags": True,
        "platformCapabilities": ["EC2"],
    }
    first = world.define(name="compile", container=CONTAINER, tags={"a": "b"}, **settings)
    second = world.define(name="compile")

    found = world.batch.describe_job_definitions(jobDefinitionName="compile", status="ACTIVE")

    read = found["jobDefinitions"]
    assert [one["jobDefinitionArn"] for one in read] == [first, second]
    assert read[0]["containerProperties"] == CONTAINER
    assert {key: read[0][key] for key in settings} == settings
    assert (read[0]["revision"], read[0]["tags"]) == (1, {"a": "b"})
    world.batch.deregister_job_definition(jobDefinition=second)
    job = world.job(world.submit("compile"))
    assert job["jobDefinition"] == first
    assert job["retryStrategy"] == RETRY
    assert job["timeout"] == {"attemptDurationSeconds": 3600}
    assert {key: job["container"][key] for key in CONTAINER} == CONTAINER
    assert job["tags"] == {"a": "b"}
    assert "with its revision" in message("deregister_job_definition", jobDefinition="compile")


@pytest.mark.parametrize(
    ("container", "more", "words"),
    [
        ({"secrets": [{"name": "a", "valueFrom": "b"}]}, {}, "containers with secrets"),
        ({"volumes": [{"name": "scratch"}]}, {}, "containers with volumes"),
        ({"logConfiguration": {"logDriver": "splunk"}}, {}, "the log driver splunk"),
        ({"resourceRequirements": []}, {}, "MEMORY; Container properties should have"),
        ({"memory": 4}, {}, "both memory and the requirement MEMORY"),
        ({"image": ""}, {}, "image must not be empty"),
        (
            {"environment": [{"name": "AWS_BATCH_X", "value": "1"}]},
            {},
            "cannot start with AWS_BATCH",
        ),
        (
            {"resourceRequirements": [{"type": "VCPU", "value": "0.5"}]},
            {},
            "VCPU must be a whole number",
        ),
        (
            {"resourceRequirements": [{"type": "GPU", "value": "1"}] * 2},
            {},
            "GPU is given more than once",
        ),
        ({}, {"type": "multinode"}, "job definitions of type multinode"),
        ({}, {"platformCapabilities": ["FARGATE"]}, "jobs on FARGATE"),
        ({}, {"ecsProperties": {"taskProperties": []}}, "definitions with ecsProperties"),
        ({}, {"timeout": {"attemptDurationSeconds": 1}}, "at least 60"),
        (
            {},
            {"retryStrategy": {"evaluateOnExit": [{"action": "RETRY"}]}},
            "needs one of onStatusReason",
        ),
        (
            {},
            {"retryStrategy": {"evaluateOnExit": [{"onReason": "a*b", "action": "EXIT"}]}},
            "asterisk at its end only",
        ),
        (
            {},
            {"retryStrategy": {"evaluateOnExit": [{"onReason": "a", "action": "STOP"}]}},
            "action must be RETRY or EXIT",
        ),
    ],
)
def test_what_cannot_be_a_definition_is_refused(
    message: Refused, container: Any, more: Any, words: str
) -> None:
    call = {"jobDefinitionName": "x", "type": "container"}

    text = message(
        "register_job_definition", **{**call, "containerProperties": CONTAINER | container, **more}
    )

    assert words in text


def test_tags_change_on_anything_that_has_an_arn(world: World, message: Refused) -> None:
    arn = world.define(tags={"a": "1", "b": "2"})

    world.batch.tag_resource(resourceArn=arn, tags={"b": "3", "c": "4"})
    world.batch.untag_resource(resourceArn=arn, tagKeys=["a", "none"])

    assert world.batch.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "3", "c": "4"}
    assert "does not exist" in message("list_tags_for_resource", resourceArn=f"{arn}9")


def test_regions_do_not_see_each_other(world: World) -> None:
    other = world.aws.client("batch", "eu-west-1")

    assert other.describe_job_queues()["jobQueues"] == []


def test_answers_come_in_pages(world: World) -> None:
    for _ in range(5):
        world.define(name="paged")

    pages = world.batch.get_paginator("describe_job_definitions").paginate(
        jobDefinitionName="paged", PaginationConfig={"PageSize": 2}
    )

    sizes = [len(one["jobDefinitions"]) for one in pages]
    assert sizes == [2, 2, 1]


def test_a_gpu_job_waits_for_a_gpu_environment_and_holds_up_its_queue(world: World) -> None:
    gpu = [{"type": "GPU", "value": "1"}]
    large = world.submit(world.define(), containerOverrides={"resourceRequirements": gpu})
    small = world.submit(world.define())

    stuck = world.job(large)
    assert stuck["status"] == "RUNNABLE"
    assert stuck["statusReason"].startswith("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT")
    assert world.job(small)["status"] == "RUNNABLE"

    order = [
        {"order": 1, "computeEnvironment": world.environment},
        {"order": 2, "computeEnvironment": world.make_environment(instanceTypes=["g5"])},
    ]
    world.batch.update_job_queue(jobQueue=world.queue, computeEnvironmentOrder=order)

    assert world.ended(large)["status"] == "SUCCEEDED"
    assert world.ended(small)["status"] == "SUCCEEDED"


def test_a_job_beyond_maxvcpus_is_cancelled_by_the_action_of_its_queue(world: World) -> None:
    action = {
        "reason": "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
        "state": "RUNNABLE",
        "maxTimeSeconds": 60,
        "action": "CANCEL",
    }
    narrow = world.make_environment(maxvCpus=2)
    queue = world.make_queue(narrow, jobStateTimeLimitActions=[action])
    wide = {"resourceRequirements": [{"type": "VCPU", "value": "4"}]}

    job = world.ended(world.submit(world.define(), jobQueue=queue, containerOverrides=wide))

    assert job["statusReason"].startswith("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE")
    assert job["isCancelled"]


def test_jobs_fill_the_first_environment_and_then_the_next(world: World) -> None:
    first, second = (world.make_environment(maxvCpus=1) for _ in range(2))
    queue = world.make_queue(first, second)
    definition = world.define("import time; time.sleep(60)")

    jobs = [world.submit(definition, jobQueue=queue) for _ in range(2)]
    for one in jobs:
        eventually(lambda one=one: world.job(one)["status"] == "RUNNING")  # type: ignore[misc]
    used = world.batch.describe_compute_environments(computeEnvironments=[first, second])

    desired = [one["computeResources"]["desiredvCpus"] for one in used["computeEnvironments"]]
    assert desired == [1, 1]
    for one in jobs:
        world.batch.terminate_job(jobId=one, reason="seen")
    hosts = [world.ended(one)["container"]["containerInstanceArn"] for one in jobs]
    assert [host.split("/")[1] for host in hosts] == [f"AWSBatch-{first}", f"AWSBatch-{second}"]


def test_higher_priority_goes_first(world: World, tmp_path: Path) -> None:
    written = tmp_path / "order"
    source = f"import sys; open({str(written)!r}, 'a').write(sys.argv[1] + ' ')"
    command = ["python", "-c", source, "Ref::name"]
    definition = world.define(container={"command": command})
    urgent = world.make_queue(world.environment, priority=9)
    gates = [tmp_path / name for name in ("first", "second")]
    wait = "import os, time\nwhile not os.path.exists({!r}): time.sleep(0.01)"
    waiting = [world.submit(world.define(wait.format(str(gate)))) for gate in gates]

    late = world.submit(definition, parameters={"name": "low"})
    early = world.submit(definition, parameters={"name": "high"}, jobQueue=urgent)
    # one place gets free, so that the jobs run one after the other
    gates[0].touch()
    world.ended(early)
    gates[1].touch()

    for one in (*waiting, late):
        world.ended(one)
    assert written.read_text() == "high low "


def test_known_images_run_from_the_checkout_and_others_are_named() -> None:
    known = local_image("123456789012.dkr.ecr.us-east-1.amazonaws.com/fleet/model-compiler:1")

    assert known.python_path == (ROOT / "container/model_compiler", ROOT / "lambda")
    assert known.command == ("python", "-m", "model_compiler")
    with pytest.raises(UnknownImageError, match=r"pulls no images.*got example/other:1"):
        local_image("example/other:1")
