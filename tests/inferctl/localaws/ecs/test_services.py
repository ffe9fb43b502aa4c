"""Services through boto3: their settings, their life, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import World

IN_ONE_ZONE = [{"type": "memberOf", "expression": "attribute:ecs.availability-zone == us-east-1a"}]
Refused = Callable[..., str]


def test_a_change_of_the_strategy_needs_a_new_deployment(world: World, code: Refused) -> None:
    provider = world.provider("c5.xlarge")
    strategy = [{"capacityProvider": provider, "weight": 1, "base": 0}]
    service = world.serve(world.define(), 0, serviceName="s")
    call = {"cluster": world.name, "service": "s", "capacityProviderStrategy": strategy}

    assert code("update_service", **call) == "InvalidParameterException"
    world.ecs.update_service(**call, forceNewDeployment=True)
    again = world.ecs.update_service(**call)["service"]

    assert again["capacityProviderStrategy"] == strategy
    assert "launchType" not in again
    assert again["deployments"][0]["id"] != service["deployments"][0]["id"]


def test_a_service_reads_back_as_it_was_sent(world: World) -> None:
    provider = world.provider("c5.xlarge")
    sent: dict[str, Any] = {
        "capacityProviderStrategy": [{"capacityProvider": provider, "weight": 1, "base": 2}],
        "deploymentConfiguration": {
            "maximumPercent": 150,
            "minimumHealthyPercent": 50,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "alarms": {"alarmNames": ["a"], "enable": True, "rollback": False},
        },
        "placementConstraints": [
            {"type": "distinctInstance"},
            {"type": "memberOf", "expression": "attribute:ecs.instance-type == c5.xlarge"},
        ],
        "placementStrategy": [{"type": "binpack", "field": "memory"}],
        "healthCheckGracePeriodSeconds": 0,
        "enableECSManagedTags": True,
        "propagateTags": "SERVICE",
        "enableExecuteCommand": True,
        "schedulingStrategy": "REPLICA",
        "availabilityZoneRebalancing": "DISABLED",
    }

    service = world.serve(world.define(), 2, **sent)

    assert {key: service[key] for key in sent} == sent
    assert "launchType" not in service
    assert (service["status"], service["runningCount"], service["desiredCount"]) == ("ACTIVE", 2, 2)
    (deployment,) = service["deployments"]
    assert (deployment["status"], deployment["rolloutState"]) == ("PRIMARY", "COMPLETED")
    assert deployment["capacityProviderStrategy"] == sent["capacityProviderStrategy"]
    assert "has reached a steady state." in service["events"][0]["message"]


def test_network_and_tags_of_a_service_read_back(world: World) -> None:
    network = {
        "awsvpcConfiguration": {
            "subnets": ["subnet-1"],
            "securityGroups": ["sg-1"],
            "assignPublicIp": "DISABLED",
        }
    }
    definition = world.define("net", task={"networkMode": "awsvpc"})
    service = world.serve(
        definition, 0, networkConfiguration=network, tags=[{"key": "a", "value": "b"}]
    )

    assert service["networkConfiguration"] == network
    assert "tags" not in service
    found = world.ecs.describe_services(
        cluster=world.name, services=[service["serviceArn"]], include=["TAGS"]
    )["services"][0]
    assert found["tags"] == [{"key": "a", "value": "b"}]


def test_an_update_replaces_what_it_sends_and_deploys_what_must_be(world: World) -> None:
    world.provider("c5.xlarge", scaling="DISABLED", DesiredCapacity=1)
    first, second = world.define("up"), world.define("up")
    before = world.serve(first, 1, serviceName="s", enableExecuteCommand=True)

    scaled = world.update("s", desiredCount=2)
    assert scaled["deployments"][0]["id"] == before["deployments"][0]["id"]
    assert (scaled["runningCount"], scaled["enableExecuteCommand"]) == (2, True)
    same = world.update("s", taskDefinition="up:1")
    assert same["deployments"][0]["id"] == before["deployments"][0]["id"]
    constrained = world.update("s", placementConstraints=[{"type": "distinctInstance"}])
    assert constrained["deployments"][0]["id"] == before["deployments"][0]["id"]
    world.update("s", placementConstraints=[])

    updated = world.update("s", taskDefinition="up")
    assert updated["taskDefinition"] == second
    assert updated["deployments"][0]["id"] != before["deployments"][0]["id"]
    assert {task["taskDefinitionArn"] for task in world.tasks()} == {second}
    forced = world.update("s", forceNewDeployment=True)
    assert forced["deployments"][0]["id"] != updated["deployments"][0]["id"]
    assert len(forced["deployments"]) == 1


def test_the_life_of_a_service_ends(world: World, code: Refused) -> None:
    world.provider("c5.xlarge", scaling="DISABLED", DesiredCapacity=1)
    here = {"cluster": world.name, "service": "s"}
    world.serve(world.define(), 1, serviceName="s")
    assert code("delete_service", **here) == "InvalidParameterException"

    world.update("s", desiredCount=0)
    assert world.ecs.delete_service(**here)["service"]["status"] == "DRAINING"

    assert world.describe("s")["status"] == "INACTIVE"
    assert world.ecs.list_services(cluster=world.name)["serviceArns"] == []
    assert code("update_service", **here) == "ServiceNotActiveException"
    assert code("delete_service", **here) == "ServiceNotFoundException"
    assert code("update_service", cluster=world.name, service="x") == "ServiceNotFoundException"
    missing = world.ecs.describe_services(cluster=world.name, services=["x"])
    assert [one["reason"] for one in missing["failures"]] == ["MISSING"]
    assert world.serve(world.define(), 1, serviceName="s")["status"] == "ACTIVE"


def test_services_are_listed_by_strategy_and_in_pages(world: World) -> None:
    definition = world.define()
    for _ in range(3):
        world.serve(definition, 0)
    daemon = world.serve(definition, schedulingStrategy="DAEMON")["serviceArn"]

    listed = world.ecs.list_services

    assert listed(cluster=world.name, schedulingStrategy="DAEMON")["serviceArns"] == [daemon]
    pages = world.ecs.get_paginator("list_services").paginate(
        cluster=world.name, PaginationConfig={"PageSize": 3}
    )
    assert [len(page["serviceArns"]) for page in pages] == [3, 1]


DAEMON: dict[str, Any] = {"schedulingStrategy": "DAEMON", "desiredCount": None}


@pytest.mark.parametrize(
    "settings",
    [
        {"taskDefinition": "none"},
        {"desiredCount": None},
        {"schedulingStrategy": "DAEMON"},
        {
            "schedulingStrategy": "DAEMON",
            "desiredCount": None,
            "placementStrategy": [{"type": "random"}],
        },
        {"capacityProviderStrategy": [{"capacityProvider": "elsewhere"}]},
        {"launchType": "EC2", "capacityProviderStrategy": [{"capacityProvider": "p"}]},
        {"placementConstraints": [{"type": "memberOf", "expression": "no"}]},
        {"placementConstraints": [{"type": "distinctInstance", "expression": "x"}]},
        {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"]}}},
        {"deploymentConfiguration": {"minimumHealthyPercent": 100, "maximumPercent": 100}},
        {
            "loadBalancers": [
                {"targetGroupArn": "arn:x", "containerName": "main", "containerPort": 1}
            ]
        },
        {"serviceName": "taken"},
        {"serviceName": "a:b"},
        {
            "availabilityZoneRebalancing": "ENABLED",
            "deploymentConfiguration": {"minimumHealthyPercent": 0, "maximumPercent": 100},
        },
        {
            "availabilityZoneRebalancing": "ENABLED",
            "placementStrategy": [{"type": "binpack", "field": "memory"}],
        },
    ],
)
def test_a_service_that_is_wrong_is_refused(
    world: World, code: Refused, settings: dict[str, Any]
) -> None:
    world.serve(world.define("right"), 0, serviceName="taken")
    call = {"serviceName": "s", "taskDefinition": "right", "desiredCount": 1, **settings}
    sent = {key: value for key, value in call.items() if value is not None}

    answer = code("create_service", cluster=world.name, **sent)

    assert answer in ("ClientException", "InvalidParameterException")
    assert len(world.ecs.list_services(cluster=world.name)["serviceArns"]) == 1


@pytest.mark.parametrize(
    ("settings", "value"),
    [
        ({}, "ENABLED"),
        ({"placementStrategy": [{"type": "random"}]}, "DISABLED"),
        ({"placementConstraints": IN_ONE_ZONE}, "DISABLED"),
        ({"schedulingStrategy": "DAEMON"}, "DISABLED"),
    ],
)
def test_services_that_can_be_are_balanced_over_zones(
    world: World, settings: dict[str, Any], value: str
) -> None:
    service = world.serve(world.define(), 0, **settings)

    assert service["availabilityZoneRebalancing"] == value


@pytest.mark.parametrize(
    "settings",
    [
        {"launchType": "FARGATE"},
        {"capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
        {"deploymentController": {"type": "CODE_DEPLOY"}},
    ],
)
def test_other_kinds_of_services_are_not_emulated(
    world: World, code: Refused, settings: dict[str, Any]
) -> None:
    definition = world.define()

    answer = code(
        "create_service",
        cluster=world.name,
        serviceName="s",
        taskDefinition=definition,
        desiredCount=1,
        **settings,
    )

    assert answer == "NotImplemented"


def test_a_daemon_runs_on_each_instance(world: World) -> None:
    provider = world.provider("inf2.xlarge", scaling="DISABLED", DesiredCapacity=2)
    definition = world.define("daemon")

    service = world.serve(definition, serviceName="d", schedulingStrategy="DAEMON")
    assert (service["desiredCount"], service["runningCount"]) == (2, 2)
    assert service["deploymentConfiguration"] == {"maximumPercent": 100, "minimumHealthyPercent": 0}

    world.aws.client("autoscaling").set_desired_capacity(
        AutoScalingGroupName=provider.removeprefix("pool-"), DesiredCapacity=3
    )
    assert world.describe("d")["runningCount"] == 3
    updated = world.update("d", forceNewDeployment=True)
    assert updated["deployments"][0]["rolloutState"] == "COMPLETED"
    assert len({task["containerInstanceArn"] for task in world.tasks()}) == 3
