"""A Batch whose seconds are short and whose images are this interpreter, with a queue in it."""

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
from inferctl.localaws.batch.images import LocalImage, UnknownImageError
from inferctl.localaws.batch.service import Batch

_NUMBERS = count(1)
SLOTS = 2
# a minute, the shortest time limit, lasts 0.6 seconds, and the grace period 0.3
SECOND = 0.01


def known_image(uri: str) -> LocalImage:
    """Every image but ``missing`` is there, with a folder of its own on the path."""
    if uri == "missing":
        raise UnknownImageError("no such image: missing")
    return LocalImage(python_path=(Path(__file__).parent,), command=("python", "-c", "pass"))


def vpc_settings(aws: LocalAws) -> dict[str, Any]:
    """Members of computeResources that name what is there."""
    iam, ec2 = aws.client("iam"), aws.client("ec2")
    profile = f"jobs-{next(_NUMBERS)}"
    made = iam.create_instance_profile(InstanceProfileName=profile)["InstanceProfile"]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    here = [{"Name": "vpc-id", "Values": [vpc]}]
    return {
        "instanceRole": made["Arn"],
        "subnets": [ec2.describe_subnets(Filters=here)["Subnets"][0]["SubnetId"]],
        "securityGroupIds": [
            ec2.describe_security_groups(Filters=here)["SecurityGroups"][0]["GroupId"]
        ],
    }


@dataclass
class World:
    """Short words for what the tests do to one queue."""

    aws: LocalAws
    part: Batch
    network: dict[str, Any]
    queue: str = ""
    environment: str = ""

    @property
    def batch(self) -> Any:
        return self.aws.client("batch")

    def make_environment(self, **resources: Any) -> str:
        name = f"environment-{next(_NUMBERS)}"
        settings = {"type": "EC2", "maxvCpus": 16, "instanceTypes": ["c5.xlarge"], **self.network}
        self.batch.create_compute_environment(
            computeEnvironmentName=name, type="MANAGED", computeResources=settings | resources
        )
        return name

    def make_queue(self, *environments: str, **more: Any) -> str:
        name = f"queue-{next(_NUMBERS)}"
        self.batch.create_job_queue(
            jobQueueName=name,
            computeEnvironmentOrder=[
                {"order": index, "computeEnvironment": one}
                for index, one in enumerate(environments)
            ],
            **{"priority": 1, **more},
        )
        return name

    def define(self, source: str = "pass", **more: Any) -> str:
        """The ARN of a definition whose job runs this Python."""
        container = {
            "image": "python",
            "command": ["python", "-c", source],
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "512"},
            ],
            **more.pop("container", {}),
        }
        name = more.pop("name", f"definition-{next(_NUMBERS)}")
        made = self.batch.register_job_definition(
            jobDefinitionName=name, type="container", containerProperties=container, **more
        )
        arn: str = made["jobDefinitionArn"]
        return arn

    def submit(self, definition: str, **more: Any) -> str:
        settings = {"jobName": "job", "jobQueue": self.queue, "jobDefinition": definition, **more}
        identifier: str = self.batch.submit_job(**settings)["jobId"]
        return identifier

    def job(self, identifier: str) -> dict[str, Any]:
        found: dict[str, Any] = self.batch.describe_jobs(jobs=[identifier])["jobs"][0]
        return found

    def ended(self, identifier: str) -> dict[str, Any]:
        """The job once it has ended."""
        assert self.part.wait(identifier, seconds=60)
        return self.job(identifier)

    def run(self, source: str, **more: Any) -> dict[str, Any]:
        """A job of this Python, once it has ended; ``submit_`` members go to SubmitJob."""
        given = {key: more.pop(key) for key in list(more) if key.startswith("submit_")}
        submitted = {key.removeprefix("submit_"): value for key, value in given.items()}
        return self.ended(self.submit(self.define(source, **more), **submitted))

    def lines(self, job: dict[str, Any], group: str = "/aws/batch/job") -> list[str]:
        """What the last attempt of a job wrote."""
        events = self.aws.client("logs").get_log_events(
            logGroupName=group,
            logStreamName=job["container"]["logStreamName"],
            startFromHead=True,
        )
        return [event["message"] for event in events["events"]]

    def variables(self, job: dict[str, Any]) -> dict[str, str]:
        """What a job printed as JSON."""
        found: dict[str, str] = json.loads(self.lines(job)[0])
        return found


def eventually(check: Callable[[], Any], *, seconds: float = 20) -> Any:
    """What ``check`` returns once that is true."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
    return found


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    folder = tmp_path_factory.mktemp("batch")
    return Batch(folder, images=known_image, slots=SLOTS, second=SECOND)


@pytest.fixture(scope="module")
def running(part: Batch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(tmp_path_factory.mktemp("aws"), batch=part) as aws:
        yield aws


@pytest.fixture(scope="module")
def network(running: LocalAws) -> dict[str, Any]:
    return vpc_settings(running)


@pytest.fixture
def world(running: LocalAws, part: Batch, network: dict[str, Any]) -> Iterator[World]:
    made = World(running, part, network)
    made.environment = made.make_environment()
    made.queue = made.make_queue(made.environment)
    yield made
    batch = made.batch
    for queue in batch.describe_job_queues()["jobQueues"]:
        batch.update_job_queue(jobQueue=queue["jobQueueName"], state="DISABLED")
        batch.delete_job_queue(jobQueue=queue["jobQueueName"])
    for one in batch.describe_compute_environments()["computeEnvironments"]:
        name = one["computeEnvironmentName"]
        batch.update_compute_environment(computeEnvironment=name, state="DISABLED")
        batch.delete_compute_environment(computeEnvironment=name)


@pytest.fixture
def message(world: World) -> Callable[..., str]:
    """``message("cancel_job", jobId="x")`` is what Batch refuses the call with."""

    def refused(action: str, **arguments: Any) -> str:
        with pytest.raises(world.batch.exceptions.ClientError) as caught:
            getattr(world.batch, action)(**arguments)
        text: str = caught.value.response["Error"]["Message"]
        return text

    return refused
