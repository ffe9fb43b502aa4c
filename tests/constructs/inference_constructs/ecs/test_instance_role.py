"""What a container instance may do."""

from __future__ import annotations

import json

import pytest

from tests.support.ecs_fleet import Fleet

POOLS = ("inf1", "c5", "small")


@pytest.mark.parametrize("pool", POOLS)
def test_agent_may_join_and_report_to_its_own_cluster_only(fleet: Fleet, pool: str) -> None:
    statements = fleet.statements(fleet.cluster.pools[pool].node.find_child("InstanceRole"))
    cluster = fleet.cluster.cluster

    assert statements["JoinCluster"]["Resource"] == fleet.stack.resolve(cluster.cluster_arn)
    assert statements["JoinCluster"]["Action"] == [
        "ecs:DeregisterContainerInstance",
        "ecs:RegisterContainerInstance",
        "ecs:SubmitAttachmentStateChanges",
        "ecs:SubmitContainerStateChange",
        "ecs:SubmitTaskStateChange",
    ]


def test_agent_may_run_tasks_on_its_own_clusters_instances(fleet: Fleet) -> None:
    statement = fleet.statements(fleet.cluster.pools["inf1"].node.find_child("InstanceRole"))[
        "RunTasks"
    ]

    assert statement["Action"] == [
        "ecs:Poll",
        "ecs:StartTelemetrySession",
        "ecs:UpdateContainerInstancesState",
    ]
    delimiter, parts = statement["Resource"]["Fn::Join"]
    name = fleet.stack.resolve(fleet.cluster.cluster.cluster_name)
    text = delimiter.join("<cluster>" if part == name else json.dumps(part) for part in parts)
    assert text.replace('"', "").endswith(":container-instance/<cluster>/*")


@pytest.mark.parametrize("pool", POOLS)
def test_the_cdk_adds_no_right_of_its_own(fleet: Fleet, pool: str) -> None:
    role = fleet.cluster.pools[pool].node.find_child("InstanceRole")
    policy = fleet.properties(role.node.find_child("DefaultPolicy"))["PolicyDocument"]

    assert {one["Sid"] for one in policy["Statement"]} == {
        "JoinCluster",
        "RunTasks",
        "FindEndpoint",
    }
    for statement in policy["Statement"]:
        if statement["Resource"] == "*":
            assert statement["Action"] == "ecs:DiscoverPollEndpoint"
    assert "ManagedPolicyArns" not in fleet.properties(role)


def test_ec2_assumes_the_role_under_the_partitions_own_name(any_fleet: Fleet) -> None:
    role = any_fleet.properties(any_fleet.cluster.pools["c5"].node.find_child("InstanceRole"))

    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {
        "Service": {"Fn::Join": ["", ["ec2.", {"Ref": "AWS::URLSuffix"}]]}
    }
