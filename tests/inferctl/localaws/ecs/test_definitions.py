"""Task definitions through boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import World

Refused = Callable[..., str]


DEFINITION: dict[str, Any] = {
    "family": "neuron",
    "taskRoleArn": "arn:aws:iam::123456789012:role/task",
    "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
    "networkMode": "bridge",
    "requiresCompatibilities": ["EC2"],
    "placementConstraints": [
        {"type": "memberOf", "expression": "attribute:ecs.instance-type == inf1.6xlarge"}
    ],
    "volumes": [{"name": "models", "host": {"sourcePath": "/models"}}],
    "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
    "containerDefinitions": [
        {
            "name": "serve",
            "image": "i",
            "cpu": 1024,
            "memory": 4096,
            "memoryReservation": 2048,
            "essential": True,
            "portMappings": [
                {"containerPort": 8500, "hostPort": 0, "protocol": "tcp", "name": "grpc"},
                {"containerPort": 31003, "hostPort": 31003, "protocol": "tcp"},
            ],
            "environment": [{"name": "NEURON_RT_VISIBLE_CORES", "value": "12-15"}],
            "secrets": [{"name": "KEY", "valueFrom": "arn:aws:ssm:us-east-1:1:parameter/x"}],
            "mountPoints": [
                {"sourceVolume": "models", "containerPath": "/models", "readOnly": True}
            ],
            "volumesFrom": [],
            "systemControls": [],
            "linuxParameters": {
                "capabilities": {"add": ["IPC_LOCK"], "drop": ["ALL"]},
                "devices": [
                    {
                        "hostPath": "/dev/neuron3",
                        "containerPath": "/dev/neuron3",
                        "permissions": ["read", "write"],
                    }
                ],
                "initProcessEnabled": True,
            },
            "healthCheck": {
                "command": ["CMD-SHELL", "curl -f localhost:8501"],
                "interval": 30,
                "timeout": 5,
                "retries": 3,
                "startPeriod": 300,
            },
            "ulimits": [{"name": "memlock", "softLimit": -1, "hardLimit": -1}],
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"}},
            "stopTimeout": 120,
            "dockerLabels": {"a": "b"},
        }
    ],
}


def test_a_task_definition_reads_back_as_it_was_sent(world: World) -> None:
    tags = [{"key": "a", "value": "b"}]
    arn = world.ecs.register_task_definition(**DEFINITION, tags=tags)["taskDefinition"][
        "taskDefinitionArn"
    ]

    found = world.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])

    definition = found["taskDefinition"]
    assert {key: definition[key] for key in DEFINITION} == DEFINITION
    assert (definition["status"], definition["compatibilities"]) == ("ACTIVE", ["EC2"])
    assert found["tags"] == tags


def test_what_a_container_leaves_out_is_added(world: World) -> None:
    arn = world.define("small", portMappings=[{"containerPort": 80}])
    host = world.define(
        "host", portMappings=[{"containerPort": 80}], task={"networkMode": "awsvpc"}
    )

    (container,) = world.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"][
        "containerDefinitions"
    ]
    (other,) = world.ecs.describe_task_definition(taskDefinition=host)["taskDefinition"][
        "containerDefinitions"
    ]

    assert container["portMappings"] == [{"containerPort": 80, "hostPort": 0, "protocol": "tcp"}]
    assert other["portMappings"] == [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}]
    assert (container["essential"], container["environment"]) == (True, [])


def test_revisions_of_a_family(world: World, code: Refused) -> None:
    first, second = world.define("many"), world.define("many")
    assert (first.endswith(":1"), second.endswith(":2")) == (True, True)
    describe, listed = world.ecs.describe_task_definition, world.ecs.list_task_definitions
    assert describe(taskDefinition="many")["taskDefinition"]["revision"] == 2
    assert listed(familyPrefix="many")["taskDefinitionArns"] == [first, second]
    assert listed(familyPrefix="many", sort="DESC")["taskDefinitionArns"] == [second, first]
    page = listed(familyPrefix="many", maxResults=1)
    assert page["taskDefinitionArns"] == [first]
    rest = listed(familyPrefix="many", maxResults=1, nextToken=page["nextToken"])
    assert rest["taskDefinitionArns"] == [second] and "nextToken" not in rest

    world.ecs.deregister_task_definition(taskDefinition="many:2")

    assert describe(taskDefinition="many")["taskDefinition"]["revision"] == 1
    assert describe(taskDefinition="many:2")["taskDefinition"]["status"] == "INACTIVE"
    assert code("run_task", taskDefinition="many:2", cluster=world.name) == "ClientException"
    world.ecs.deregister_task_definition(taskDefinition=first)
    assert code("describe_task_definition", taskDefinition="many") == "ClientException"
    families = world.ecs.list_task_definition_families
    assert families(familyPrefix="man")["families"] == ["many"]
    assert families(familyPrefix="man", status="ACTIVE")["families"] == []
    assert families(familyPrefix="man", status="INACTIVE")["families"] == ["many"]
    third = world.define("many")
    assert third.endswith(":3")
    deleted = world.ecs.delete_task_definitions(taskDefinitions=[first, third])
    assert [one["status"] for one in deleted["taskDefinitions"]] == ["DELETE_IN_PROGRESS"]
    assert [one["arn"] for one in deleted["failures"]] == [third]


def container(**members: Any) -> dict[str, Any]:
    return {"name": "main", "image": "i", "memory": 64, **members}


def fetch(**members: Any) -> dict[str, Any]:
    return container(**{"name": "fetch", "essential": False, **members})


def waits(name: str, condition: str = "SUCCESS") -> list[dict[str, str]]:
    return [{"containerName": name, "condition": condition}]


NEURON = [{"type": "NeuronDevice", "value": "ALL"}]


@pytest.mark.parametrize(
    ("containers", "task"),
    [
        ([], {}),
        ([{"image": "i", "memory": 64}], {}),
        ([{"name": "main", "memory": 64}], {}),
        ([{"name": "main", "image": "i"}], {}),
        ([container(memoryReservation=65)], {}),
        ([container(), container()], {}),
        ([container(essential=False)], {}),
        ([container(portMappings=[{"containerPort": 1, "hostPort": 2}])], {"networkMode": "host"}),
        ([container(portMappings=[{"containerPort": 1, "hostPort": 2}] * 2)], {}),
        ([container(resourceRequirements=[{"type": "NeuronDevice", "value": "1"}])], {}),
        (
            [
                container(resourceRequirements=NEURON),
                container(name="b", resourceRequirements=NEURON),
            ],
            {},
        ),
        (
            [
                container(
                    resourceRequirements=NEURON,
                    linuxParameters={"devices": [{"hostPath": "/dev/neuron0"}]},
                )
            ],
            {},
        ),
        ([container(dependsOn=waits("main")), fetch(dependsOn=waits("main"))], {}),
        ([container(dependsOn=waits("model"))], {}),
        ([container(dependsOn=waits("fetch")), fetch(essential=True)], {}),
        ([container(dependsOn=waits("fetch")), fetch(dependsOn=waits("main", "START"))], {}),
        ([container(dependsOn=waits("fetch", "HEALTHY")), fetch()], {}),
        ([container(mountPoints=[{"sourceVolume": "m", "containerPath": "/m"}])], {}),
        ([container()], {"memory": "much"}),
        ([container()], {"placementConstraints": [{"type": "memberOf", "expression": "x"}]}),
    ],
)
def test_a_task_definition_that_is_wrong_is_refused(
    code: Refused, containers: list[dict[str, Any]], task: dict[str, Any]
) -> None:
    answer = code("register_task_definition", family="f", containerDefinitions=containers, **task)

    assert answer in ("ClientException", "InvalidParameterException")


def test_a_server_may_wait_for_a_container_that_fetches_its_model(world: World) -> None:
    mount = [{"sourceVolume": "model", "containerPath": "/opt/ml/model"}]
    answer = world.ecs.register_task_definition(
        family="fetched",
        containerDefinitions=[
            container(dependsOn=waits("fetch"), mountPoints=mount),
            fetch(mountPoints=mount, startTimeout=300),
        ],
        volumes=[{"name": "model"}],
    )

    main, other = answer["taskDefinition"]["containerDefinitions"]
    assert main["dependsOn"] == waits("fetch")
    assert (other["essential"], other["startTimeout"]) == (False, 300)
