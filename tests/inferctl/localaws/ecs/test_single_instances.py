"""Instances of no Auto Scaling group: their user data says which cluster they join."""

from __future__ import annotations

import pytest

from .conftest import World

_AMI = "ami-12c6146b"


def _launch(world: World, user_data: str) -> str:
    answer = world.aws.client("ec2").run_instances(
        ImageId=_AMI, InstanceType="c5.large", UserData=user_data, MinCount=1, MaxCount=1
    )
    found: str = answer["Instances"][0]["InstanceId"]
    return found


def _hosts(world: World) -> list[str]:
    ecs = world.ecs
    arns = ecs.list_container_instances(cluster=world.name)["containerInstanceArns"]
    if not arns:
        return []
    found = ecs.describe_container_instances(cluster=world.name, containerInstances=arns)
    return [host["ec2InstanceId"] for host in found["containerInstances"]]


@pytest.mark.parametrize("line", ["echo ECS_CLUSTER={} >> /etc/ecs/ecs.config", 'ECS_CLUSTER="{}"'])
def test_an_instance_joins_the_cluster_that_its_user_data_names(world: World, line: str) -> None:
    instance = _launch(world, f"#!/bin/bash\n{line.format(world.name)}\n")

    assert _hosts(world) == [instance]
    world.aws.client("ec2").terminate_instances(InstanceIds=[instance])
    assert _hosts(world) == []


@pytest.mark.parametrize("line", ["true", "# ECS_CLUSTER={}", "echo ECS_CLUSTER={}-other"])
def test_any_other_instance_stays_out(world: World, line: str) -> None:
    instance = _launch(world, f"#!/bin/bash\n{line.format(world.name)}\n")

    assert _hosts(world) == []
    world.aws.client("ec2").terminate_instances(InstanceIds=[instance])
