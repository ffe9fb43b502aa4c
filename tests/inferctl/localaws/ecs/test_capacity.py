"""Managed scaling of Auto Scaling groups, container instances, managed instances."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import World
from .fleets import DISTINCT

Refused = Callable[..., str]
TYPE = "attribute:ecs.instance-type"


def share(provider: str, **more: int) -> list[dict[str, Any]]:
    return [{"capacityProvider": provider, "weight": 1, **more}]


def instances(world: World, **asked: Any) -> list[dict[str, Any]]:
    arns = world.ecs.list_container_instances(cluster=world.name, **asked)["containerInstanceArns"]
    if not arns:
        return []
    found: list[dict[str, Any]] = world.ecs.describe_container_instances(
        cluster=world.name, containerInstances=arns
    )["containerInstances"]
    return found


def test_instances_in_service_register_with_their_attributes(world: World) -> None:
    provider = world.provider("inf1.6xlarge", scaling="DISABLED", DesiredCapacity=2)

    found = instances(world)

    assert len(found) == 2
    attributes = {one["name"]: one.get("value") for one in found[0]["attributes"]}
    assert attributes["ecs.instance-type"] == "inf1.6xlarge"
    assert attributes["ecs.os-type"] == "linux"
    assert attributes["ecs.cpu-architecture"] == "x86_64"
    assert attributes["ecs.availability-zone"] == "us-east-1a"
    assert attributes["ecs.ami-id"] == "ami-12c6146b"
    assert found[0]["capacityProviderName"] == provider
    registered = {one["name"]: one for one in found[0]["registeredResources"]}
    assert registered["CPU"]["integerValue"] == 24 * 1024
    assert 45 * 1024 < registered["MEMORY"]["integerValue"] < 48 * 1024
    assert "22" in registered["PORTS"]["stringSetValue"]
    assert "NEURON_DEVICES" not in registered
    filtered = instances(world, filter=f"{TYPE} == inf1.6xlarge and {TYPE} exists")
    assert len(filtered) == 2
    assert instances(world, filter=f"{TYPE} == Inf1.6xlarge") == []


def test_a_group_without_its_launch_template_grows_no_more(world: World) -> None:
    provider = world.provider("c5.xlarge")
    name = provider.removeprefix("pool-")
    world.aws.client("ec2").delete_launch_template(LaunchTemplateName=name)

    service = world.serve(world.define(), 1, capacityProviderStrategy=share(provider))

    assert (service["runningCount"], service["pendingCount"]) == (0, 1)
    assert world.size_of(provider) == 0


def test_a_type_that_the_catalogue_lacks_is_looked_up(world: World) -> None:
    world.provider("t3.micro", scaling="DISABLED", DesiredCapacity=1)

    (found,) = instances(world)

    registered = {one["name"]: one.get("integerValue") for one in found["registeredResources"]}
    assert registered["CPU"] == 2048 and registered["MEMORY"] < 1024


def test_what_a_task_takes_is_missing_from_what_remains(world: World) -> None:
    world.provider("c5.xlarge", scaling="DISABLED", DesiredCapacity=1)
    port = [{"containerPort": 80, "hostPort": 8080}]
    world.serve(world.define(memory=1000, cpu=512, portMappings=port))

    (found,) = instances(world)

    before = {one["name"]: one for one in found["registeredResources"]}
    after = {one["name"]: one for one in found["remainingResources"]}
    assert before["CPU"]["integerValue"] - after["CPU"]["integerValue"] == 512
    assert before["MEMORY"]["integerValue"] - after["MEMORY"]["integerValue"] == 1000
    assert "8080" in after["PORTS"]["stringSetValue"]
    assert found["runningTasksCount"] == 1


def test_the_group_grows_to_what_tasks_need_and_shrinks_when_they_are_gone(world: World) -> None:
    provider = world.provider("c5.xlarge", maximum=3)
    definition = world.define(memory=5000)

    service = world.serve(definition, 2, serviceName="s", capacityProviderStrategy=share(provider))
    assert (service["runningCount"], world.size_of(provider)) == (2, 2)

    service = world.update("s", desiredCount=5)
    assert (service["runningCount"], service["pendingCount"]) == (3, 2)
    assert world.size_of(provider) == 3
    assert "has insufficient memory available" in service["events"][0]["message"]

    service = world.update("s", desiredCount=1)
    assert (service["runningCount"], world.size_of(provider)) == (1, 1)
    world.update("s", desiredCount=0)
    assert world.size_of(provider) == 0
    assert instances(world) == []


def test_a_deployment_borrows_instances_and_gives_them_back(world: World) -> None:
    provider = world.provider("inf2.xlarge", maximum=4)
    world.serve(
        world.define("dep"),
        2,
        serviceName="s",
        placementConstraints=DISTINCT,
        capacityProviderStrategy=share(provider),
    )
    before = {one["ec2InstanceId"] for one in instances(world)}

    service = world.update("s", taskDefinition=world.define("dep"))

    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    assert world.size_of(provider) == 2
    assert {one["ec2InstanceId"] for one in instances(world)}.isdisjoint(before)


def test_a_fleet_without_a_spare_host_is_stuck_and_keeps_serving(world: World) -> None:
    provider = world.provider("inf2.xlarge", maximum=2)
    first = world.define("full")
    world.serve(
        first,
        2,
        serviceName="s",
        placementConstraints=DISTINCT,
        capacityProviderStrategy=share(provider),
    )

    service = world.update("s", taskDefinition=world.define("full"))

    statuses = [(one["status"], one["rolloutState"]) for one in service["deployments"]]
    assert statuses == [("PRIMARY", "IN_PROGRESS"), ("ACTIVE", "COMPLETED")]
    assert "distinctInstance placement constraint unsatisfied" in service["events"][0]["message"]
    running = [task for task in world.tasks() if task["lastStatus"] == "RUNNING"]
    assert {task["taskDefinitionArn"] for task in running} == {first} and len(running) == 2
    service = world.update("s", deploymentConfiguration={"minimumHealthyPercent": 50})
    assert [one["rolloutState"] for one in service["deployments"]] == ["COMPLETED"]


def test_a_group_keeps_its_smallest_size_and_idle_instances_of_unmanaged_ones(
    world: World,
) -> None:
    kept = world.provider("c5.xlarge", MinSize=1, DesiredCapacity=2)
    unmanaged = world.provider("c5.xlarge", scaling="DISABLED", DesiredCapacity=2)

    assert len(instances(world)) == 3
    assert (world.size_of(kept), world.size_of(unmanaged)) == (1, 2)


def test_instances_with_tasks_are_protected_from_scale_in(world: World) -> None:
    group = world.group("c5.xlarge", NewInstancesProtectedFromScaleIn=True, MinSize=2)
    world.ecs.create_capacity_provider(
        name="protected",
        autoScalingGroupProvider={
            "autoScalingGroupArn": group,
            "managedScaling": {"status": "ENABLED"},
            "managedTerminationProtection": "ENABLED",
        },
    )
    world.use("protected")
    world.serve(world.define(), 1, capacityProviderStrategy=share("protected"))

    described = world.aws.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[group]
    )["AutoScalingGroups"][0]["Instances"]
    (task,) = world.tasks()
    (host,) = [one for one in instances(world) if one["runningTasksCount"]]

    assert task["containerInstanceArn"] == host["containerInstanceArn"]
    assert {one["InstanceId"] for one in described if one["ProtectedFromScaleIn"]} == {
        host["ec2InstanceId"]
    }


def test_an_instance_that_is_terminated_loses_its_tasks_to_a_new_one(world: World) -> None:
    provider = world.provider("c5.xlarge")
    world.serve(world.define(), 1, serviceName="s", capacityProviderStrategy=share(provider))
    (host,) = instances(world)

    world.aws.client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=host["ec2InstanceId"], ShouldDecrementDesiredCapacity=False
    )

    assert world.describe("s")["runningCount"] == 1
    (other,) = instances(world)
    assert other["ec2InstanceId"] != host["ec2InstanceId"]
    (stopped,) = world.tasks(desiredStatus="STOPPED")
    assert stopped["stoppedReason"] == f"Host EC2 (instance {host['ec2InstanceId']}) terminated."


def test_bases_and_weights_share_tasks_between_providers(world: World) -> None:
    first, second = world.provider("c5.xlarge"), world.provider("c5.xlarge")
    strategy = [
        {"capacityProvider": first, "weight": 1, "base": 2},
        {"capacityProvider": second, "weight": 3},
    ]

    world.serve(world.define(memory=1000), 6, capacityProviderStrategy=strategy)

    used = [task["capacityProviderName"] for task in world.tasks()]
    assert (used.count(first), used.count(second)) == (3, 3)


def test_the_default_strategy_of_the_cluster_holds_where_nothing_is_said(world: World) -> None:
    provider = world.provider("c5.xlarge")
    world.ecs.put_cluster_capacity_providers(
        cluster=world.name,
        capacityProviders=[provider],
        defaultCapacityProviderStrategy=share(provider),
    )

    service = world.serve(world.define(), 1)
    world.ecs.run_task(cluster=world.name, taskDefinition="web")

    assert service["capacityProviderStrategy"][0]["capacityProvider"] == provider
    assert {task["capacityProviderName"] for task in world.tasks()} == {provider}


def test_a_provider_that_tasks_use_cannot_be_taken_away(world: World, code: Refused) -> None:
    provider = world.provider("c5.xlarge")
    world.serve(world.define(), 1, capacityProviderStrategy=share(provider))

    answer = code(
        "put_cluster_capacity_providers",
        cluster=world.name,
        capacityProviders=[],
        defaultCapacityProviderStrategy=[],
    )

    assert answer == "ResourceInUseException"


def test_draining_moves_tasks_and_back(world: World) -> None:
    world.provider("c5.xlarge", scaling="DISABLED", DesiredCapacity=2)
    world.serve(world.define(), 2, serviceName="s")
    first, second = (one["containerInstanceArn"] for one in instances(world))

    world.ecs.update_container_instances_state(
        cluster=world.name, containerInstances=[first], status="DRAINING"
    )

    assert {task["containerInstanceArn"] for task in world.tasks()} == {second}
    assert [one["containerInstanceArn"] for one in instances(world, status="DRAINING")] == [first]
    answer = world.ecs.update_container_instances_state(
        cluster=world.name, containerInstances=[first, "none"], status="ACTIVE"
    )
    assert [one["status"] for one in answer["containerInstances"]] == ["ACTIVE"]
    assert [one["reason"] for one in answer["failures"]] == ["MISSING"]


def test_attributes_can_be_given_and_asked_for(world: World, code: Refused) -> None:
    world.provider("c5.xlarge", scaling="DISABLED", DesiredCapacity=1)
    (host,) = instances(world)
    mine = {"name": "stack", "value": "prod", "targetId": host["containerInstanceArn"]}

    world.ecs.put_attributes(cluster=world.name, attributes=[mine])

    listed = world.ecs.list_attributes(
        cluster=world.name, targetType="container-instance", attributeName="stack"
    )["attributes"]
    assert [(one["value"], one["targetId"]) for one in listed] == [("prod", mine["targetId"])]
    assert len(instances(world, filter="attribute:stack == prod")) == 1
    world.ecs.delete_attributes(cluster=world.name, attributes=[mine])
    assert instances(world, filter="attribute:stack exists") == []
    lost = {**mine, "targetId": "none"}
    refused = code("put_attributes", cluster=world.name, attributes=[lost])
    assert refused == "TargetNotFoundException"
    assert code("list_container_instances", cluster=world.name, filter="!") == (
        "InvalidParameterException"
    )


@pytest.mark.parametrize(("setting", "interfaces"), [("disabled", 3), ("enabled", None)])
def test_trunking_counts_when_an_instance_registers(
    world: World, setting: str, interfaces: int | None
) -> None:
    world.ecs.put_account_setting(name="awsvpcTrunking", value=setting)
    world.provider("inf2.xlarge", scaling="DISABLED", DesiredCapacity=1)

    instances(world)

    (host,) = world.cluster.fleet.hosts.values()
    assert host.interfaces == (interfaces or host.type.trunk_tasks or 3)
    world.ecs.delete_account_setting(name="awsvpcTrunking")


def managed(world: World, name: str, **requirements: Any) -> str:
    world.ecs.create_capacity_provider(
        name=name,
        cluster=world.name,
        managedInstancesProvider={
            "infrastructureRoleArn": "arn:aws:iam::123456789012:role/infrastructure",
            "instanceLaunchTemplate": {
                "ec2InstanceProfileArn": "arn:aws:iam::123456789012:instance-profile/p",
                "networkConfiguration": {"subnets": ["subnet-1"]},
                "instanceRequirements": {
                    "vCpuCount": {"min": 1},
                    "memoryMiB": {"min": 1024},
                    **requirements,
                },
            },
        },
    )
    return name


NEURON = {"resourceRequirements": [{"type": "NeuronDevice", "value": "ALL"}]}


def test_managed_instances_come_with_the_tasks_that_need_them_and_go(world: World) -> None:
    provider = managed(world, "m1", acceleratorNames=["inferentia2"])

    service = world.serve(
        world.define("ml", **NEURON),
        2,
        serviceName="s",
        capacityProviderStrategy=share(provider),
    )

    assert service["runningCount"] == 2
    found = instances(world)
    types = [host.type.name for host in world.cluster.fleet.hosts.values()]
    assert types == ["inf2.xlarge", "inf2.xlarge"]
    tasks = world.tasks()
    assert [task["launchType"] for task in tasks] == ["MANAGED_INSTANCES"] * 2
    assert [task["containers"][0]["neuronDeviceIds"] for task in tasks] == [["0"], ["0"]]
    devices = {one["name"]: one for one in found[0]["registeredResources"]}["NEURON_DEVICES"]
    left = {one["name"]: one for one in found[0]["remainingResources"]}["NEURON_DEVICES"]
    assert (devices["stringSetValue"], left["stringSetValue"]) == (["0"], [])
    assert world.cluster.fleet.double_owned() == {}
    world.update("s", desiredCount=0)
    assert instances(world) == []


def test_managed_instances_go_with_their_provider_which_outlives_its_tasks(
    world: World, code: Refused
) -> None:
    provider = managed(world, "m4", allowedInstanceTypes=["inf2.*"])
    world.ecs.run_task(
        cluster=world.name,
        taskDefinition=world.define("ml", **NEURON),
        capacityProviderStrategy=share(provider),
    )
    (task,) = world.tasks()

    assert code("delete_capacity_provider", capacityProvider=provider) == "ClientException"
    world.ecs.stop_task(cluster=world.name, task=task["taskArn"])
    world.ecs.delete_capacity_provider(capacityProvider=provider)

    assert instances(world) == []


def test_managed_instances_are_never_of_the_first_inferentia(world: World) -> None:
    provider = managed(world, "m2", allowedInstanceTypes=["inf1.*"])

    service = world.serve(world.define("ml", **NEURON), 1, capacityProviderStrategy=share(provider))

    assert (service["runningCount"], service["pendingCount"]) == (0, 1)


def test_managed_instances_without_accelerators_are_the_smallest_ordinary_ones(
    world: World,
) -> None:
    provider = managed(world, "m3", vCpuCount={"min": 8, "max": 8})

    world.serve(world.define(), 1, capacityProviderStrategy=share(provider))

    (host,) = world.cluster.fleet.hosts.values()
    assert host.type.vcpu == 8 and host.type.devices == ()


def test_status_counts_instances_tasks_and_chips(world: World) -> None:
    world.provider("inf1.6xlarge", scaling="DISABLED", DesiredCapacity=1)
    parameters = {"devices": [{"hostPath": "/dev/neuron1"}]}
    world.serve(world.define("chip", linuxParameters=parameters), 2, serviceName="s")

    (status,) = (one for one in world.aws.status()["clusters"] if one["name"] == world.name)

    (host,) = instances(world)
    assert status == {
        "name": world.name,
        "region": "us-east-1",
        "instances": [
            {
                "id": host["ec2InstanceId"],
                "type": "inf1.6xlarge",
                "tasks": 2,
                "chips": 4,
                "owned": [1],
            }
        ],
        "services": {"s": {"desired": 2, "running": 2, "blocked": None}},
        "tasks": {"running": 2, "waiting": 0},
        "chips": {
            "all": 4,
            "owned": 1,
            "owned_twice": [f"{host['ec2InstanceId']} /dev/neuron1"],
        },
    }


def test_status_tells_clusters_of_one_name_in_two_regions_apart(world: World) -> None:
    elsewhere = world.aws.client("ecs", "eu-west-1")
    elsewhere.create_cluster(clusterName=world.name)

    regions = [one["region"] for one in world.aws.status()["clusters"] if one["name"] == world.name]

    elsewhere.delete_cluster(cluster=world.name)
    assert regions == ["eu-west-1", "us-east-1"]


def test_forty_tasks_on_growing_instances_settle_within_five_seconds(world: World) -> None:
    provider = world.provider("inf1.24xlarge", maximum=5)
    definition = world.define(memory=20_000)
    begun = time.monotonic()

    service = world.serve(definition, 40, capacityProviderStrategy=share(provider))

    assert (service["runningCount"], world.size_of(provider)) == (40, 5)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("maximum", "percents", "types", "serving"),
    [
        (1, (0, 100), ["c5.xlarge"], 0),
        (1, (100, 200), ["c5.xlarge"], 1),
        (2, (100, 200), ["c5.2xlarge"], 1),
    ],
)
def test_hosts_of_a_new_launch_template_come_only_where_the_group_has_room_for_them(
    world: World, maximum: int, percents: tuple[int, int], types: list[str], serving: int
) -> None:
    provider = world.provider("c5.xlarge", maximum=maximum)
    template = provider.removeprefix("pool-")

    def pinned(size: str) -> str:
        constraint = {"type": "memberOf", "expression": f"{TYPE} == {size}"}
        return world.define(task={"placementConstraints": [constraint]})

    service = world.serve(
        pinned("c5.xlarge"),
        1,
        capacityProviderStrategy=share(provider),
        deploymentConfiguration={
            "minimumHealthyPercent": percents[0],
            "maximumPercent": percents[1],
        },
    )
    world.aws.client("ec2").create_launch_template_version(
        LaunchTemplateName=template,
        LaunchTemplateData={"ImageId": "ami-12c6146b", "InstanceType": "c5.2xlarge"},
    )
    world.aws.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=template,
        LaunchTemplate={"LaunchTemplateName": template, "Version": "2"},
    )

    after = world.update(service["serviceName"], taskDefinition=pinned("c5.2xlarge"))

    found = [
        attribute["value"]
        for one in instances(world)
        for attribute in one["attributes"]
        if attribute["name"] == "ecs.instance-type"
    ]
    assert (found, after["runningCount"]) == (types, serving)
    assert len(after["deployments"]) == (1 if maximum == 2 else 2)
