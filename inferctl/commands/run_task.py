"""``inferctl run-task``: start a one-off task on Neuron hosts, and wait for it if asked to."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from inferctl.cluster_view import ecs_client, read_cluster
from inferctl.commands._target import load
from inferctl.deployment import NotDeployedError
from inferctl.endpoint_client import InvocationError
from inferctl.environment import ROOT
from inferctl.localaws.state import running_url
from inferctl.output import console, errors, step
from inferctl.task_checks import definition_problems, instance_type_problem
from inferctl.task_definitions import DefinitionView, read_definition
from inferctl.task_report import report
from inferctl.task_run import MOST_TASKS, TaskRequest, follow_tasks, hosts_of, start_tasks

_LONGEST_WAIT_SECONDS = 7 * 24 * 3600


class BadRequestError(Exception):
    """What is asked for makes no sense; holds every problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where the call goes; ``url`` is None on AWS."""

    region: str | None
    url: str | None
    cluster: str
    task_definition: str
    capacity_provider: str | None


def add_parser(verbs: Any) -> None:
    """``inferctl run-task TASK`` or ``inferctl run-task --task-definition FAMILY``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "run-task", help="start a one-off task on the cluster", description=__doc__
    )
    parser.add_argument("task", nargs="?", metavar="TASK", help="a task of the platform file")
    default = "platforms/laptop.yaml"
    parser.add_argument("--platform", type=Path, help=f"platform file (default: {default})")
    parser.add_argument("--task-definition", help="FAMILY[:REVISION], instead of TASK")
    parser.add_argument("--cluster", help="with --task-definition (default: default)")
    parser.add_argument("--region", help="with --task-definition (default: the AWS profile's)")
    parser.add_argument("--instance-type", help="place on this type only, such as inf1.xlarge")
    parser.add_argument("--count", type=int, default=1, help="1 to 10 tasks")
    parser.add_argument("--wait", action="store_true", help="until all have stopped")
    parser.add_argument("--timeout", type=int, default=900, help="seconds to wait at most")
    parser.add_argument("--dry-run", action="store_true", help="print the call of the AWS CLI")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 started (with --wait: and ended well), 1 not, 2 unusable input."""
    try:
        place, request, definition = _checked(arguments)
        if definition is None or arguments.dry_run:
            print(request.command(region=place.region, url=place.url))
            return 0
        return _run(arguments, place, request, definition)
    except BadRequestError as error:
        errors.print(str(error), markup=False)
        return 2
    except (InvocationError, ClientError, BotoCoreError) as error:
        errors.print(str(error), markup=False)
        return 1


def _run(
    arguments: argparse.Namespace,
    place: _Place,
    request: TaskRequest,
    definition: DefinitionView,
) -> int:
    client = ecs_client(region=place.region, url=place.url)
    with step(f"run {definition.name}") as progress:
        started = start_tasks(client, request)
        progress.update(f"{len(started.tasks)} of {request.count} started")
        if arguments.wait:
            started = follow_tasks(
                client,
                request.cluster,
                started,
                seconds=arguments.timeout,
                on_progress=progress.update,
            )
    hosts = hosts_of(client, request.cluster, started.tasks)
    well = report(started, hosts, definition, request)
    if arguments.wait and started.unfinished:
        errors.print(f"not over after {arguments.timeout} s; the tasks run on", markup=False)
        return 1
    if any(task["lastStatus"] == "PROVISIONING" for task in started.tasks):
        console.print("PROVISIONING: waits for a host of the pool", style="dim")
    return 0 if well else 1


def _checked(
    arguments: argparse.Namespace,
) -> tuple[_Place, TaskRequest, DefinitionView | None]:
    """The call; no definition for a dry run of a plain call, which asks nothing of AWS.

    Raises `BadRequestError` with everything that is wrong.
    """
    problems = _argument_problems(arguments)
    # hosts carry the type in lower case, and ECS compares it letter by letter
    given = arguments.instance_type
    instance_type = None if given is None else given.lower()
    place = _plain_place(arguments) if arguments.task_definition else None
    if place is None and arguments.task:
        place = _platform_place(arguments.platform, arguments.task, problems)
    definition = None
    if place is not None and not (arguments.task_definition and arguments.dry_run):
        definition = _definition(place, problems)
    if definition is not None:
        problems += definition_problems(definition, instance_type)
    if problems or place is None:
        raise BadRequestError(problems)
    if instance_type != given:
        errors.print(f"note: {given} is sent as {instance_type}, as hosts have it", markup=False)
    request = TaskRequest(
        cluster=place.cluster,
        task_definition=place.task_definition,
        count=arguments.count,
        instance_type=instance_type,
        capacity_provider=place.capacity_provider,
    )
    return place, request, definition


def _argument_problems(arguments: argparse.Namespace) -> list[str]:
    problems = []
    if bool(arguments.task) == bool(arguments.task_definition):
        problems.append("name either a TASK of the platform file or a --task-definition")
    if arguments.task_definition and arguments.platform:
        problems.append("--platform goes with a TASK, not with --task-definition")
    for option in ("cluster", "region"):
        if getattr(arguments, option) and not arguments.task_definition:
            problems.append(f"--{option} goes with --task-definition; a platform has its own")
    if not 1 <= arguments.count <= MOST_TASKS:
        problems.append(
            f"--count must be 1 to {MOST_TASKS}, RunTask's limit, got {arguments.count}"
        )
    if not 1 <= arguments.timeout <= _LONGEST_WAIT_SECONDS:
        problems.append(
            f"--timeout must be 1 to {_LONGEST_WAIT_SECONDS} seconds, got {arguments.timeout}"
        )
    if arguments.instance_type and (unknown := instance_type_problem(arguments.instance_type)):
        problems.append(unknown)
    return problems


def _plain_place(arguments: argparse.Namespace) -> _Place:
    # the AWS CLI's order; boto3 by itself knows AWS_DEFAULT_REGION only
    given = arguments.region or os.environ.get("AWS_REGION")
    region = given or boto3.session.Session().region_name
    return _Place(
        region=region,
        url=None,
        cluster=arguments.cluster or "default",
        task_definition=arguments.task_definition,
        capacity_provider=None,
    )


def _platform_place(path: Path | None, task: str, problems: list[str]) -> _Place | None:
    try:
        platform = load(path or ROOT / "platforms" / "laptop.yaml")
    except NotDeployedError as error:
        problems.append(str(error))
        return None
    url = running_url() if platform.deploy_to == "embedded" else None
    if platform.deploy_to == "embedded" and url is None:
        problems.append("the embedded AWS is not running; run `make up`")
        return None
    cluster = read_cluster(platform.name, region=platform.region, url=url)
    if cluster is None:
        problems.append(f"platform {platform.name} has no cluster deployed; deploy it first")
        return None
    definition = cluster.named("TaskDefinition", task)
    if definition is None:
        there = ", ".join(cluster.names("TaskDefinition")) or "none"
        problems.append(f"platform {platform.name} has no task {task!r} (there are: {there})")
        return None
    return _Place(
        region=platform.region,
        url=url,
        cluster=cluster.cluster,
        task_definition=definition,
        capacity_provider=cluster.named("TaskCapacityProvider", task),
    )


def _definition(place: _Place, problems: list[str]) -> DefinitionView | None:
    if place.region is None:
        problems.append("no region: give --region, or set AWS_REGION")
        return None
    client = ecs_client(region=place.region, url=place.url)
    try:
        answer = client.describe_task_definition(taskDefinition=place.task_definition)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ClientException":
            raise
        problems.append(
            f"task definition {place.task_definition} does not exist in {place.region}"
            f" ({error.response['Error'].get('Message', 'no reason given')})"
        )
        return None
    return read_definition(answer["taskDefinition"])
