"""Tasks that no service starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import World

Refused = Callable[..., str]


@pytest.fixture
def definition(world: World) -> str:
    world.provider("inf1.xlarge", scaling="DISABLED", DesiredCapacity=1)
    return world.define("once")


def run(world: World, definition: str, **settings: Any) -> dict[str, Any]:
    answer: dict[str, Any] = world.ecs.run_task(
        cluster=world.name, taskDefinition=definition, **settings
    )
    return answer


def on(size: str) -> list[dict[str, str]]:
    return [{"type": "memberOf", "expression": f"attribute:ecs.instance-type == {size}"}]


def test_a_task_runs_reads_back_and_stops(world: World, definition: str) -> None:
    overrides = {"containerOverrides": [{"name": "main", "command": ["x"]}]}
    answer = run(
        world,
        definition,
        count=2,
        group="batch",
        startedBy="me",
        overrides=overrides,
        placementConstraints=on("inf1.xlarge"),
        tags=[{"key": "a", "value": "b"}],
        enableECSManagedTags=True,
    )

    assert answer["failures"] == []
    arns = [task["taskArn"] for task in answer["tasks"]]
    found = world.ecs.describe_tasks(cluster=world.name, tasks=[*arns, "x"], include=["TAGS"])
    task = found["tasks"][0]
    assert (task["lastStatus"], task["desiredStatus"]) == ("RUNNING", "RUNNING")
    assert (task["group"], task["startedBy"], task["launchType"]) == ("batch", "me", "EC2")
    assert task["overrides"] == overrides and task["taskDefinitionArn"] == definition
    assert {"key": "aws:ecs:clusterName", "value": world.name} in task["tags"]
    assert [one["reason"] for one in found["failures"]] == ["MISSING"]
    world.ecs.stop_task(cluster=world.name, task=arns[0], reason="enough")
    stopped = world.ecs.describe_tasks(cluster=world.name, tasks=arns[:1])["tasks"][0]
    assert (stopped["lastStatus"], stopped["stopCode"]) == ("STOPPED", "UserInitiated")
    assert stopped["stoppedReason"] == "enough" and stopped["stoppedAt"] >= stopped["startedAt"]


def test_tasks_are_listed_by_what_is_asked(world: World, definition: str) -> None:
    run(world, definition, startedBy="me")
    world.serve(world.define("other"), 1, serviceName="s")
    (host,) = world.ecs.list_container_instances(cluster=world.name)["containerInstanceArns"]

    def listed(**asked: str) -> int:
        return len(world.ecs.list_tasks(cluster=world.name, **asked)["taskArns"])

    assert listed() == 2
    assert (listed(family="once"), listed(serviceName="s"), listed(startedBy="me")) == (1, 1, 1)
    assert (listed(containerInstance=host), listed(launchType="EC2")) == (2, 2)
    assert (listed(desiredStatus="STOPPED"), listed(launchType="MANAGED_INSTANCES")) == (0, 0)


def test_a_task_without_room_is_a_failure_for_each_instance(world: World, definition: str) -> None:
    del definition
    large = world.define("large", memory=100_000)

    answer = run(world, large)

    (host,) = world.ecs.list_container_instances(cluster=world.name)["containerInstanceArns"]
    assert answer["tasks"] == []
    assert answer["failures"] == [{"arn": host, "reason": "RESOURCE:MEMORY"}]
    assert world.tasks() == []


def test_an_instance_type_in_capitals_finds_no_instance(world: World, definition: str) -> None:
    answer = run(world, definition, placementConstraints=on("Inf1.xlarge"))

    reasons = [one["reason"] for one in answer["failures"]]
    assert reasons == ["MemberOf placement constraint unsatisfied."]


def test_without_instances_that_is_the_failure(world: World) -> None:
    answer = run(world, world.define("once"))

    assert answer["failures"] == [
        {
            "arn": world.cluster.arn,
            "reason": "No Container Instances were found in your cluster.",
        }
    ]


def test_with_a_capacity_provider_a_task_brings_its_instance(world: World) -> None:
    provider = world.provider("inf1.xlarge", maximum=1)
    strategy = [{"capacityProvider": provider, "weight": 1}]
    memory = world.define("half", memory=4000)

    first = run(world, memory, capacityProviderStrategy=strategy)["tasks"][0]["taskArn"]
    second = run(world, memory, capacityProviderStrategy=strategy)["tasks"][0]["taskArn"]

    by_arn = {task["taskArn"]: task for task in world.tasks()}
    assert by_arn[first]["lastStatus"] == "RUNNING"
    assert by_arn[second]["lastStatus"] == "PROVISIONING"
    assert "containerInstanceArn" not in by_arn[second]
    assert world.size_of(provider) == 1
    world.ecs.stop_task(cluster=world.name, task=first)
    (waited,) = world.tasks()
    assert (waited["taskArn"], waited["lastStatus"]) == (second, "RUNNING")
    world.ecs.stop_task(cluster=world.name, task=second)
    assert world.size_of(provider) == 0


def test_one_task_of_a_group_per_instance(world: World, definition: str) -> None:
    answer = run(world, definition, count=2, placementConstraints=[{"type": "distinctInstance"}])

    assert len(answer["tasks"]) == 1
    reasons = [one["reason"] for one in answer["failures"]]
    assert reasons == ["distinctInstance placement constraint unsatisfied."]


def test_a_task_can_be_started_on_an_instance(world: World, definition: str) -> None:
    (host,) = world.ecs.list_container_instances(cluster=world.name)["containerInstanceArns"]
    elsewhere = world.define("elsewhere", task={"placementConstraints": on("inf2.xlarge")})
    start = world.ecs.start_task

    started = start(cluster=world.name, taskDefinition=elsewhere, containerInstances=[host, "none"])

    assert [task["containerInstanceArn"] for task in started["tasks"]] == [host]
    assert [one["reason"] for one in started["failures"]] == ["MISSING"]
    large = world.define("large", memory=100_000)
    refused = start(cluster=world.name, taskDefinition=large, containerInstances=[host])
    assert [one["reason"] for one in refused["failures"]] == ["RESOURCE:MEMORY"]
    assert definition not in {task["taskDefinitionArn"] for task in world.tasks()}


def test_a_container_that_cannot_start_says_why(world: World, definition: str) -> None:
    del definition
    parameters = {"devices": [{"hostPath": "/dev/neuron1"}]}
    broken = world.define("broken", linuxParameters=parameters)

    arn = run(world, broken)["tasks"][0]["taskArn"]

    task = world.ecs.describe_tasks(cluster=world.name, tasks=[arn])["tasks"][0]
    assert (task["lastStatus"], task["stopCode"]) == ("STOPPED", "TaskFailedToStart")
    assert "CannotStartContainerError" in task["containers"][0]["reason"]


@pytest.mark.parametrize(
    "settings",
    [
        {"count": 11},
        {"count": 0},
        {"overrides": {"containerOverrides": [{"name": "other"}]}},
        {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"]}}},
        {"placementConstraints": [{"type": "memberOf", "expression": "no"}]},
    ],
)
def test_a_run_that_is_wrong_is_refused(
    world: World, definition: str, code: Refused, settings: dict[str, Any]
) -> None:
    answer = code("run_task", cluster=world.name, taskDefinition=definition, **settings)

    assert answer in ("ClientException", "InvalidParameterException")
    assert world.tasks() == []


def test_a_task_that_is_not_there_cannot_be_stopped(world: World, code: Refused) -> None:
    assert code("stop_task", cluster=world.name, task="none") == "InvalidParameterException"
