"""The ECS API through boto3: what is sent reads back, and what AWS refuses is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from inferctl.environment import ROOT
from inferctl.localaws.ecs.protocol import service_model
from inferctl.localaws.ecs.service import Ecs
from inferctl.localaws.http import HttpRequest, HttpResponse

from .conftest import World

Refused = Callable[..., str]
FILES = (ROOT / "inferctl/localaws/ecs").glob("*.py")
MISSING = "arn:aws:ecs:us-east-1:123456789012"


def post(part: Ecs, action: str, body: Any) -> tuple[int, dict[str, Any]]:
    """A call that no SDK would send."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    target = {"x-amz-target": f"AmazonEC2ContainerServiceV20141113.{action}"}
    answer: HttpResponse = part.handle(
        HttpRequest("POST", "/", target, lambda _: sent), region="us-east-1"
    )
    return answer.status, json.loads(answer.body)


@pytest.mark.parametrize(
    ("action", "body", "code", "words"),
    [
        ("CreateCluster", {"clusterName": 1}, "ClientException", "clusterName must be of type"),
        ("CreateCluster", {"name": "x"}, "ClientException", "name is no member"),
        ("CreateCluster", {"tags": {}}, "ClientException", "tags must be a list"),
        ("CreateCluster", {"tags": ["x"]}, "ClientException", "tags[0] must be an object"),
        ("CreateCluster", b"{", "ClientException", "no JSON"),
        ("CreateCluster", [], "ClientException", "must be an object"),
        ("CreateCluster", {"clusterName": "a/b"}, "InvalidParameterException", "got 'a/b'"),
        ("CreateCluster", {"tags": [{}]}, "InvalidParameterException", "tags[0].key is required"),
        (
            "UpdateClusterSettings",
            {"cluster": "c", "settings": [{"value": "enabled"}]},
            "InvalidParameterException",
            "settings[0].name is required",
        ),
        (
            "RegisterTaskDefinition",
            {"family": "f:1", "containerDefinitions": []},
            "InvalidParameterException",
            "family must be 1 to 255 letters, digits, _ and -, got 'f:1'",
        ),
        ("RunTask", {"count": True}, "ClientException", "count must be of type integer"),
        ("RunTask", {"count": 1}, "InvalidParameterException", "taskDefinition is required"),
        (
            "RegisterTaskDefinition",
            {"family": "f", "containerDefinitions": [{"dockerLabels": []}]},
            "ClientException",
            "containerDefinitions[0].dockerLabels must be a map",
        ),
        (
            "CreateService",
            {"serviceName": "s", "launchType": "EC3", "desiredCount": 1},
            "InvalidParameterException",
            "launchType must be one of EC2",
        ),
        (
            "RunTask",
            {
                "taskDefinition": "x",
                "capacityProviderStrategy": [{"capacityProvider": "p", "weight": 1001}],
            },
            "InvalidParameterException",
            "weight must be 0 to 1000",
        ),
    ],
)
def test_what_is_not_of_the_api_is_refused(action: str, body: Any, code: str, words: str) -> None:
    status, answer = post(Ecs(), action, body)

    assert (status, answer["__type"]) == (400, code)
    assert words in answer["message"]


@pytest.mark.usefixtures("running")
def test_null_members_count_as_not_sent() -> None:
    status, answer = post(Ecs(), "CreateCluster", {"clusterName": "x", "tags": None})

    assert (status, answer["cluster"]["clusterName"]) == (200, "x")


@pytest.mark.parametrize("action", ["CreateTaskSet", "ExecuteCommand", "NoSuchAction", ""])
def test_what_is_not_emulated_is_named_with_501(action: str) -> None:
    status, answer = post(Ecs(), action, {})

    assert (status, answer["__type"]) == (501, "NotImplemented")
    assert action in answer["message"]


def test_every_error_code_is_one_of_the_api() -> None:
    sources = "".join(path.read_text("utf-8") for path in FILES)
    codes = set(re.findall(r'EcsError\(\s*"(\w+)"', sources)) - {"NotImplemented"}

    assert len(codes) > 8
    assert codes <= set(service_model().shape_names)


def test_a_cluster_reads_back_and_goes(world: World, code: Refused) -> None:
    settings = [{"name": "containerInsights", "value": "enhanced"}]
    configuration = {"executeCommandConfiguration": {"logging": "NONE"}}
    created = world.ecs.create_cluster(
        clusterName="c1",
        settings=settings,
        configuration=configuration,
        tags=[{"key": "a", "value": "b"}],
    )["cluster"]
    assert (
        world.ecs.create_cluster(clusterName="c1")["cluster"]["clusterArn"]
        == (created["clusterArn"])
    )

    found = world.ecs.describe_clusters(
        clusters=["c1", created["clusterArn"], "c2"], include=["SETTINGS", "CONFIGURATIONS", "TAGS"]
    )

    assert [one["clusterName"] for one in found["clusters"]] == ["c1", "c1"]
    assert found["clusters"][0]["settings"] == settings
    assert found["clusters"][0]["configuration"] == configuration
    assert found["clusters"][0]["tags"] == [{"key": "a", "value": "b"}]
    assert found["failures"] == [{"arn": f"{MISSING}:cluster/c2", "reason": "MISSING"}]
    assert "settings" not in world.ecs.describe_clusters(clusters=["c1"])["clusters"][0]

    changed = [{"name": "containerInsights", "value": "disabled"}]
    assert (
        world.ecs.update_cluster(cluster="c1", settings=changed)["cluster"]["settings"] == changed
    )
    again = world.ecs.update_cluster_settings(cluster="c1", settings=settings)["cluster"]
    assert again["settings"] == settings
    assert created["clusterArn"] in world.ecs.list_clusters()["clusterArns"]
    assert world.ecs.delete_cluster(cluster="c1")["cluster"]["status"] == "INACTIVE"
    assert created["clusterArn"] not in world.ecs.list_clusters()["clusterArns"]
    assert code("delete_cluster", cluster="c1") == "ClusterNotFoundException"
    assert code("list_services", cluster="never") == "ClusterNotFoundException"


def test_regions_do_not_see_each_other(world: World) -> None:
    other = world.aws.client("ecs", "eu-west-1")

    assert other.list_clusters()["clusterArns"] == []


def test_a_cluster_goes_only_when_it_is_empty(world: World, code: Refused) -> None:
    group = world.provider("c5.xlarge", scaling="DISABLED", DesiredCapacity=1)
    definition = world.define()
    world.serve(definition, serviceName="s")
    assert code("delete_cluster", cluster=world.name) == "ClusterContainsServicesException"

    world.ecs.run_task(cluster=world.name, taskDefinition=definition)
    world.ecs.delete_service(cluster=world.name, service="s", force=True)
    assert code("delete_cluster", cluster=world.name) == "ClusterContainsTasksException"

    (task,) = world.tasks()
    world.ecs.stop_task(cluster=world.name, task=task["taskArn"])
    world.ecs.put_cluster_capacity_providers(
        cluster=world.name, capacityProviders=[], defaultCapacityProviderStrategy=[]
    )
    assert code("delete_cluster", cluster=world.name) == (
        "ClusterContainsContainerInstancesException"
    )

    world.aws.client("autoscaling").set_desired_capacity(
        AutoScalingGroupName=group.removeprefix("pool-"), DesiredCapacity=0
    )
    assert world.ecs.list_container_instances(cluster=world.name)["containerInstanceArns"] == []


def test_a_capacity_provider_reads_back_and_goes(world: World, code: Refused) -> None:
    group = world.group("inf2.xlarge", NewInstancesProtectedFromScaleIn=True)
    scaling = {
        "status": "ENABLED",
        "targetCapacity": 80,
        "minimumScalingStepSize": 1,
        "maximumScalingStepSize": 2,
        "instanceWarmupPeriod": 60,
    }
    settings = {
        "autoScalingGroupArn": group,
        "managedScaling": scaling,
        "managedTerminationProtection": "ENABLED",
        "managedDraining": "DISABLED",
    }
    world.ecs.create_capacity_provider(
        name="mine", autoScalingGroupProvider=settings, tags=[{"key": "a", "value": "b"}]
    )
    world.use("mine")

    found = world.ecs.describe_capacity_providers(
        capacityProviders=["mine", "none"], include=["TAGS"]
    )
    assert found["capacityProviders"][0]["autoScalingGroupProvider"] == settings
    assert found["capacityProviders"][0]["tags"] == [{"key": "a", "value": "b"}]
    assert found["capacityProviders"][0]["status"] == "ACTIVE"
    assert [one["reason"] for one in found["failures"]] == ["MISSING"]

    changed = {"managedScaling": {"targetCapacity": 100}, "managedDraining": "ENABLED"}
    updated = world.ecs.update_capacity_provider(name="mine", autoScalingGroupProvider=changed)
    read = updated["capacityProvider"]["autoScalingGroupProvider"]
    assert read == {
        **settings,
        "managedDraining": "ENABLED",
        "managedScaling": {**scaling, "targetCapacity": 100},
    }
    assert code("delete_capacity_provider", capacityProvider="mine") == "ClientException"
    world.ecs.put_cluster_capacity_providers(
        cluster=world.name, capacityProviders=[], defaultCapacityProviderStrategy=[]
    )
    world.ecs.delete_capacity_provider(capacityProvider="mine")
    assert code("delete_capacity_provider", capacityProvider="mine") == "ClientException"


@pytest.mark.parametrize("name", ["aws-pool", "ecs1", "Fargate-ish"])
def test_names_that_aws_reserves_for_capacity_providers(
    world: World, code: Refused, name: str
) -> None:
    provider = {"autoScalingGroupArn": world.group("c5.xlarge")}

    answer = code("create_capacity_provider", name=name, autoScalingGroupProvider=provider)

    assert answer == "InvalidParameterException"


def test_capacity_providers_need_a_group_that_fits(world: World, code: Refused) -> None:
    protected = {
        "autoScalingGroupArn": world.group("c5.xlarge"),
        "managedScaling": {"status": "ENABLED"},
        "managedTerminationProtection": "ENABLED",
    }
    unscaled = {**protected, "managedScaling": {"status": "DISABLED"}}
    missing = {"autoScalingGroupArn": "no-such-group"}

    codes = [
        code("create_capacity_provider", name="p", autoScalingGroupProvider=one)
        for one in (protected, unscaled, missing)
    ]

    assert codes == ["InvalidParameterException", "InvalidParameterException", "ClientException"]


def test_tags_come_and_go(world: World, code: Refused) -> None:
    world.provider("c5.xlarge", scaling="DISABLED", DesiredCapacity=1)
    definition = world.define()
    service = world.serve(definition)["serviceArn"]
    arns = [
        definition,
        service,
        world.cluster.arn,
        *world.ecs.list_tasks(cluster=world.name)["taskArns"],
        *world.ecs.list_container_instances(cluster=world.name)["containerInstanceArns"],
        world.ecs.describe_capacity_providers()["capacityProviders"][0]["capacityProviderArn"],
    ]
    assert len(arns) == 6
    for arn in arns:
        world.ecs.tag_resource(
            resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
        )
        world.ecs.untag_resource(resourceArn=arn, tagKeys=["a", "c"])
        found = world.ecs.list_tags_for_resource(resourceArn=arn)["tags"]
        assert found == [{"key": "b", "value": "2"}]

    gone = f"{MISSING}:service/{world.name}/none"
    assert code("list_tags_for_resource", resourceArn=gone) == "InvalidParameterException"


def test_account_settings(world: World) -> None:
    effective = world.ecs.list_account_settings(effectiveSettings=True)["settings"]
    assert {"awsvpcTrunking": "disabled"}.items() <= {
        one["name"]: one["value"] for one in effective
    }.items()

    world.ecs.put_account_setting(name="awsvpcTrunking", value="enabled")

    listed = world.ecs.list_account_settings(name="awsvpcTrunking")["settings"]
    assert [one["value"] for one in listed] == ["enabled"]
    world.ecs.delete_account_setting(name="awsvpcTrunking")
    assert world.ecs.list_account_settings()["settings"] == []
