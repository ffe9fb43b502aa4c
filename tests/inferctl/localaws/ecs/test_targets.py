"""Targets of load balancers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .conftest import World

Refused = Callable[..., str]


def target_group(world: World, kind: str) -> str:
    ec2 = world.aws.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
    created = world.aws.client("elbv2").create_target_group(
        Name=f"{world.name}-{kind}",
        Protocol="HTTP",
        Port=80,
        VpcId=vpc["VpcId"],
        TargetType=kind,
    )
    arn: str = created["TargetGroups"][0]["TargetGroupArn"]
    return arn


def targets(world: World, arn: str) -> set[tuple[str, int]]:
    found = world.aws.client("elbv2").describe_target_health(TargetGroupArn=arn)
    return {
        (one["Target"]["Id"], one["Target"]["Port"]) for one in found["TargetHealthDescriptions"]
    }


def balancer(arn: str) -> dict[str, Any]:
    entry = {"targetGroupArn": arn, "containerName": "main", "containerPort": 80}
    return {"loadBalancers": [entry]}


def test_running_tasks_are_targets_by_their_host_ports(world: World) -> None:
    world.provider("c5.xlarge", scaling="DISABLED", DesiredCapacity=1)
    arn = target_group(world, "instance")
    definition = world.define("lb", portMappings=[{"containerPort": 80}])
    service = world.serve(definition, 2, serviceName="s", **balancer(arn))
    (host,) = world.cluster.fleet.hosts.values()

    assert service["loadBalancers"][0]["targetGroupArn"] == arn
    assert targets(world, arn) == {
        (host.instance_id, 32768),
        (host.instance_id, 32769),
    }
    bindings = [task["containers"][0]["networkBindings"][0] for task in world.tasks()]
    assert sorted(one["hostPort"] for one in bindings) == [32768, 32769]

    world.update("s", desiredCount=1)
    assert len(targets(world, arn)) == 1
    world.update("s", forceNewDeployment=True)
    (task,) = world.tasks()
    (bound,) = task["containers"][0]["networkBindings"]
    assert targets(world, arn) == {(host.instance_id, bound["hostPort"])}
    world.ecs.delete_service(cluster=world.name, service="s", force=True)
    assert targets(world, arn) == set()


def test_tasks_with_interfaces_are_targets_by_their_addresses(world: World) -> None:
    world.provider("c5.xlarge", scaling="DISABLED", DesiredCapacity=1)
    arn = target_group(world, "ip")
    definition = world.define(
        "ip", portMappings=[{"containerPort": 80}], task={"networkMode": "awsvpc"}
    )
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
    world.serve(definition, 2, networkConfiguration=network, **balancer(arn))

    addresses = {(task["attachments"][0]["details"][0]["value"], 80) for task in world.tasks()}

    assert len(addresses) == 2 and targets(world, arn) == addresses


def test_a_container_or_port_behind_a_load_balancer_must_exist(world: World, code: Refused) -> None:
    arn = target_group(world, "instance")
    definition = world.define("lb", portMappings=[{"containerPort": 80}])
    base = {"cluster": world.name, "serviceName": "s", "taskDefinition": definition}

    for wrong in ({"containerName": "other"}, {"containerPort": 81}):
        entry = {**balancer(arn)["loadBalancers"][0], **wrong}
        answer = code("create_service", **base, desiredCount=1, loadBalancers=[entry])
        assert answer == "InvalidParameterException"
