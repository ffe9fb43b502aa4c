"""State machines on an embedded AWS whose Batch runs Python and whose function counts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from inferctl.localaws.app import LocalAws
from inferctl.localaws.batch.images import LocalImage
from inferctl.localaws.batch.service import Batch

_NUMBERS = count(1)
ROLE = "arn:aws:iam::123456789012:role/machine"
HANDLER = """
import time
def handler(event, context):
    if isinstance(event, dict) and "sleep" in event:
        time.sleep(event["sleep"])
    if event == "bad" or (isinstance(event, dict) and "bad" in event.get("Items", [])):
        raise ValueError("a bad item")
    return event
"""


def task(**more: Any) -> dict[str, Any]:
    """Calls the function with the state's input; its answer is the output."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "answer", "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "End": True,
        **more,
    }


def distributed(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A Distributed Map whose children run one state."""
    return {
        "Type": "Map",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Child",
            "States": {"Child": state},
        },
        "End": True,
        **more,
    }


def from_s3(**more: Any) -> dict[str, Any]:
    """Reads the JSON object that the input names."""
    return {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON", **more},
        "Parameters": {"Bucket": "work", "Key.$": "$.key"},
    }


@dataclass
class Machines:
    """Short words for what the tests do to state machines."""

    aws: LocalAws
    part: Batch
    queue: str

    @property
    def states(self) -> Any:
        return self.aws.client("stepfunctions")

    def make(self, state: dict[str, Any], **more: Any) -> str:
        """The ARN of a machine with one state, and those in ``states``."""
        others = more.pop("states", {})
        definition = {"StartAt": "Only", "States": {"Only": state, **others}}
        made = self.states.create_state_machine(
            name=f"machine-{next(_NUMBERS)}",
            definition=json.dumps(definition),
            roleArn=ROLE,
            **more,
        )
        arn: str = made["stateMachineArn"]
        return arn

    def start(self, machine: str, value: Any = None, **more: Any) -> str:
        started = self.states.start_execution(
            stateMachineArn=machine, input=json.dumps({} if value is None else value), **more
        )
        arn: str = started["executionArn"]
        return arn

    def finish(self, execution: str) -> dict[str, Any]:
        """The execution once it has ended."""
        deadline = time.monotonic() + 60
        while True:
            seen: dict[str, Any] = self.states.describe_execution(executionArn=execution)
            if seen["status"] != "RUNNING":
                return seen
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def run(self, state: dict[str, Any], value: Any = None, **more: Any) -> dict[str, Any]:
        """The ended execution of a new machine; ``result`` is its output."""
        seen = self.finish(self.start(self.make(state, **more), value))
        return seen | {"result": json.loads(seen["output"])} if "output" in seen else seen

    def put(self, items: Any, key: str = "items.json") -> dict[str, str]:
        """An object of items, and the input that names it."""
        self.aws.client("s3").put_object(Bucket="work", Key=key, Body=json.dumps(items).encode())
        return {"key": key}

    def map_run(self, execution: str) -> dict[str, Any]:
        """The only map run of an execution."""
        (listed,) = self.states.list_map_runs(executionArn=execution)["mapRuns"]
        found: dict[str, Any] = self.states.describe_map_run(mapRunArn=listed["mapRunArn"])
        return found

    def define_job(self, source: str, **more: Any) -> str:
        name = f"definition-{next(_NUMBERS)}"
        self.aws.client("batch").register_job_definition(
            jobDefinitionName=name,
            type="container",
            containerProperties={
                "image": "python",
                "command": ["python", "-c", source],
                "resourceRequirements": [
                    {"type": "VCPU", "value": "1"},
                    {"type": "MEMORY", "value": "512"},
                ],
            },
            **more,
        )
        return name

    def job(self, definition: str, **more: Any) -> dict[str, Any]:
        """A state that waits for a job."""
        parameters = {"JobName": "job", "JobQueue": self.queue, "JobDefinition": definition}
        return {
            "Type": "Task",
            "Resource": "arn:aws:states:::batch:submitJob.sync",
            "Parameters": {**parameters, **more.pop("parameters", {})},
            "End": True,
            **more,
        }

    def jobs(self, status: str) -> list[str]:
        """The ids of the queue's jobs in a status."""
        listed = self.aws.client("batch").list_jobs(jobQueue=self.queue, jobStatus=status)
        return [one["jobId"] for one in listed["jobSummaryList"]]


def eventually(check: Callable[[], Any], *, seconds: float = 20) -> Any:
    """What ``check`` returns once that is true."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
    return found


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    image = LocalImage(python_path=(Path(__file__).parent,))
    return Batch(tmp_path_factory.mktemp("batch"), images=lambda _: image, slots=2, second=0.01)


@pytest.fixture(scope="module")
def running(
    part: Batch, tmp_path_factory: pytest.TempPathFactory, archive: Callable[..., bytes]
) -> Iterator[LocalAws]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    with LocalAws(tmp_path_factory.mktemp("aws"), batch=part) as aws:
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        role = aws.client("iam").create_role(RoleName="f", AssumeRolePolicyDocument=policy)
        aws.client("lambda").create_function(
            FunctionName="answer",
            Runtime="python3.12",
            Handler="index.handler",
            Role=role["Role"]["Arn"],
            Timeout=60,
            Code={"ZipFile": archive({"index.py": HANDLER})},
        )
        aws.client("s3").create_bucket(Bucket="work")
        yield aws


@pytest.fixture(scope="module")
def queue(running: LocalAws) -> str:
    iam, ec2, batch = (running.client(name) for name in ("iam", "ec2", "batch"))
    profile = iam.create_instance_profile(InstanceProfileName="jobs")["InstanceProfile"]["Arn"]
    batch.create_compute_environment(
        computeEnvironmentName="environment",
        type="MANAGED",
        computeResources={
            "type": "EC2",
            "maxvCpus": 16,
            "instanceTypes": ["c5.xlarge"],
            "instanceRole": profile,
            "subnets": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]],
            "securityGroupIds": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
        },
    )
    order = [{"order": 1, "computeEnvironment": "environment"}]
    batch.create_job_queue(jobQueueName="queue", priority=1, computeEnvironmentOrder=order)
    return "queue"


@pytest.fixture
def machines(running: LocalAws, part: Batch, queue: str) -> Machines:
    return Machines(running, part, queue)
