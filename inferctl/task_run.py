"""One call of RunTask, and its tasks until they stop."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from shlex import quote
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from inferctl.endpoint_client import InvocationError

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
MOST_TASKS = 10
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 10.0
_NO_HOSTS = "No Container Instances were found in your cluster."

Task = Mapping[str, Any]
"""A task as ECS describes it."""


@dataclass(frozen=True, kw_only=True)
class TaskRequest:
    """What is asked of RunTask; ``capacity_provider`` makes an empty pool start a host."""

    cluster: str
    task_definition: str
    count: int
    instance_type: str | None = None
    capacity_provider: str | None = None

    @property
    def constraints(self) -> list[dict[str, str]]:
        """Where the tasks may go; the attribute's value is lower case."""
        if self.instance_type is None:
            return []
        expression = f"attribute:ecs.instance-type == {self.instance_type}"
        return [{"type": "memberOf", "expression": expression}]

    def parameters(self) -> dict[str, Any]:
        """Keyword arguments of boto3's ``run_task`` but the client token."""
        parameters: dict[str, Any] = {
            "cluster": self.cluster,
            "taskDefinition": self.task_definition,
            "count": self.count,
            "startedBy": "inferctl",
        }
        if self.constraints:
            parameters["placementConstraints"] = self.constraints
        if self.capacity_provider is not None:
            strategy = {"capacityProvider": self.capacity_provider, "weight": 1}
            parameters["capacityProviderStrategy"] = [strategy]
        return parameters

    def command(self, *, region: str | None, url: str | None) -> str:
        """The same as a call of the AWS CLI, ready for a shell."""
        words = ["aws", "ecs", "run-task", "--cluster", self.cluster]
        words += ["--task-definition", self.task_definition, "--count", str(self.count)]
        words += ["--started-by", "inferctl"]
        for one in self.constraints:
            words += [
                "--placement-constraints",
                f"type={one['type']},expression={one['expression']}",
            ]
        if self.capacity_provider is not None:
            strategy = f"capacityProvider={self.capacity_provider},weight=1"
            words += ["--capacity-provider-strategy", strategy]
        words += ["--region", region] if region else []
        words += ["--endpoint-url", url] if url else []
        return " ".join(quote(word) for word in words)


@dataclass(frozen=True, kw_only=True)
class StartedTasks:
    """``refused`` counts ECS's reasons; ``unfinished`` is True where waiting took too long."""

    tasks: Sequence[Task]
    refused: Mapping[str, int] = field(default_factory=dict)
    unfinished: bool = False


def start_tasks(client: Any, request: TaskRequest) -> StartedTasks:
    """Start them; raises `InvocationError` when ECS refuses the whole call.

    The client token makes the call one call however often botocore has to send it.
    """
    try:
        answer = client.run_task(**request.parameters(), clientToken=uuid.uuid4().hex)
    except ClientError as error:
        if _NO_HOSTS in str(error):
            return StartedTasks(tasks=[], refused={_NO_HOSTS: request.count})
        raise InvocationError(str(error)) from error
    except BotoCoreError as error:
        raise InvocationError(str(error)) from error
    refused = Counter(failure.get("reason", "no reason given") for failure in answer["failures"])
    return StartedTasks(tasks=answer["tasks"], refused=refused)


def follow_tasks(
    client: Any,
    cluster: str,
    started: StartedTasks,
    *,
    seconds: float,
    on_progress: Callable[[str], None],
) -> StartedTasks:
    """The tasks once all have stopped, or as they are after ``seconds``."""
    tasks = {task["taskArn"]: task for task in started.tasks}
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE_SECONDS
    while tasks:
        for task in _described(client, cluster, list(tasks)):
            tasks[task["taskArn"]] = task
        states = Counter(task["lastStatus"] for task in tasks.values())
        on_progress(", ".join(f"{count} {state}" for state, count in sorted(states.items())))
        left = deadline - time.monotonic()
        if states["STOPPED"] == len(tasks) or left <= 0:
            break
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
    unfinished = any(task["lastStatus"] != "STOPPED" for task in tasks.values())
    return StartedTasks(tasks=list(tasks.values()), refused=started.refused, unfinished=unfinished)


def task_problem(task: Task) -> str | None:
    """What went wrong in a stopped task, or None where each container exited with 0."""
    if task["lastStatus"] != "STOPPED":
        return None
    wrong = []
    for container in task.get("containers", []):
        code = container.get("exitCode")
        if code is None:
            why = container.get("reason") or "no reason given"
            wrong.append(f"container {container['name']} did not run: {why}")
        elif code != 0:
            wrong.append(f"container {container['name']} exited with {code}")
    if not wrong and task.get("containers"):
        return None
    return "; ".join([*wrong, task.get("stoppedReason") or "no reason given"])


def hosts_of(client: Any, cluster: str, tasks: Sequence[Task]) -> dict[str, tuple[str, str]]:
    """EC2 instance id and instance type by container instance ARN."""
    arns = sorted(
        {task["containerInstanceArn"] for task in tasks if "containerInstanceArn" in task}
    )
    if not arns:
        return {}
    try:
        answer = client.describe_container_instances(cluster=cluster, containerInstances=arns)
    except (ClientError, BotoCoreError) as error:
        raise InvocationError(str(error)) from error
    return {
        host["containerInstanceArn"]: (host.get("ec2InstanceId", "-"), _type_of(host))
        for host in answer["containerInstances"]
    }


def _type_of(host: Mapping[str, Any]) -> str:
    attributes = {one["name"]: one.get("value", "") for one in host.get("attributes", [])}
    return str(attributes.get("ecs.instance-type", "-"))


def _described(client: Any, cluster: str, arns: list[str]) -> list[dict[str, Any]]:
    """What ECS knows by now; a task of a moment ago may still be missing from its answers."""
    try:
        tasks: list[dict[str, Any]] = client.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
    except (ClientError, BotoCoreError) as error:
        raise InvocationError(str(error)) from error
    return tasks
