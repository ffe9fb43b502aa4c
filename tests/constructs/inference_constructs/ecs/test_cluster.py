"""The cluster itself, and the order in which it goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from inference_constructs import CapacityPool, EcsCluster, EcsClusterProps, NeuronCapacityPool
from tests.support.ecs_fleet import Fleet, pool_props


def test_cluster_has_container_insights_and_a_name_from_cloudformation(fleet: Fleet) -> None:
    assert fleet.properties(fleet.cluster.cluster) == {
        "ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}]
    }


def test_pools_are_of_the_kind_of_their_instances(fleet: Fleet) -> None:
    pools = fleet.cluster.pools

    assert [*pools] == ["inf1", "c5", "small"]
    assert [isinstance(pool, NeuronCapacityPool) for pool in pools.values()] == [True, False, True]
    assert all(isinstance(pool, CapacityPool) for pool in pools.values())


def test_every_provider_is_associated_with_the_cluster_once(fleet: Fleet) -> None:
    (association,) = fleet.of_type("AWS::ECS::ClusterCapacityProviderAssociations").values()

    expected = [
        fleet.stack.resolve(pool.capacity_provider.capacity_provider_name)
        for pool in fleet.cluster.pools.values()
    ]
    assert association["Properties"]["CapacityProviders"] == expected


def test_one_framework_serves_the_pools_of_a_cluster(fleet: Fleet) -> None:
    drains = fleet.of_type("Custom::CapacityPool").values()

    assert len(drains) == 3
    assert len({json.dumps(drain["Properties"]["ServiceToken"]) for drain in drains}) == 1
    # two handlers and the framework's three functions
    assert len(fleet.of_type("AWS::Lambda::Function")) == 5


def test_services_go_first_then_instances_then_provider_then_group(fleet: Fleet) -> None:
    ((association, _),) = fleet.of_type("AWS::ECS::ClusterCapacityProviderAssociations").items()

    for name, pool in fleet.cluster.pools.items():
        drain = pool.node.find_child("Drain")
        before = _needs(fleet, drain)
        assert {"AWS::ECS::CapacityProvider", "AWS::AutoScaling::AutoScalingGroup"} <= {
            fleet.template["Resources"][one]["Type"] for one in before
        }, name
        assert association in before
    for service in fleet.services.values():
        types = {fleet.template["Resources"][one]["Type"] for one in _needs(fleet, service)}
        assert "Custom::CapacityPool" in types


def test_the_agent_keeps_its_rights_until_the_last_instance_is_gone(fleet: Fleet) -> None:
    for pool in fleet.cluster.pools.values():
        role = pool.node.find_child("InstanceRole")
        policy = role.node.find_child("DefaultPolicy").node.default_child
        assert isinstance(policy, cdk.CfnElement)

        needed = _needs(fleet, pool.auto_scaling_group)

        assert fleet.stack.resolve(policy.logical_id) in needed


def test_the_functions_keep_their_rights_until_the_pool_is_empty(fleet: Fleet) -> None:
    """In a policy of the pool's own: one of the role would be rewritten before the pool goes."""
    for pool in fleet.cluster.pools.values():
        policy = pool.node.find_child("DrainPolicy")
        group, tasks, stop = fleet.properties(policy)["PolicyDocument"]["Statement"]
        arn = fleet.stack.resolve(pool.auto_scaling_group.auto_scaling_group_arn)
        cluster = fleet.stack.resolve(fleet.cluster.cluster.cluster_name)

        assert group["Action"] == [
            "autoscaling:SetInstanceProtection",
            "autoscaling:UpdateAutoScalingGroup",
        ]
        assert group["Resource"] == arn
        assert tasks["Action"] == "ecs:ListTasks"
        assert stop["Action"] == ["ecs:DescribeTasks", "ecs:StopTask"]
        for statement, kind in ((tasks, "container-instance"), (stop, "task")):
            _, parts = statement["Resource"]["Fn::Join"]
            assert parts[-3].endswith(f":{kind}/")
            assert parts[-2:] == [cluster, "/*"]
        assert fleet.stack.resolve(
            policy.node.default_child.logical_id  # type: ignore[union-attr]
        ) in _needs(fleet, pool.node.find_child("Drain"))


def test_drain_names_pool_cluster_provider_group_and_limit(fleet: Fleet) -> None:
    pool = fleet.cluster.pools["inf1"]
    properties = fleet.properties(pool.node.find_child("Drain"))
    del properties["ServiceToken"]

    assert properties == {
        "Pool": "inf1",
        "Cluster": fleet.stack.resolve(fleet.cluster.cluster.cluster_name),
        "CapacityProvider": fleet.stack.resolve(pool.capacity_provider.capacity_provider_name),
        "GroupName": fleet.stack.resolve(pool.auto_scaling_group.auto_scaling_group_name),
        "DrainMinutes": "30",
    }


def test_the_framework_waits_longer_than_the_handlers_do(fleet: Fleet) -> None:
    (machine,) = fleet.of_type("AWS::StepFunctions::StateMachine").values()
    text = json.dumps(machine["Properties"]["DefinitionString"])

    assert r"\\\"IntervalSeconds\\\":5" in text or r"\"IntervalSeconds\":5" in text
    # 30 minutes of ours and 5 of margin, asked every 5 seconds
    assert "MaxAttempts" in text and "420" in text


def test_a_cluster_without_pools_has_no_functions(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    EcsCluster(stack, "Cluster", EcsClusterProps(vpc=vpc))

    template = Template.from_stack(stack)
    template.resource_count_is("AWS::Lambda::Function", 0)
    template.resource_count_is("AWS::ECS::ClusterCapacityProviderAssociations", 0)


def test_the_pools_of_a_cluster_cannot_be_changed_from_outside(
    add_pool: Callable[..., EcsCluster],
) -> None:
    cluster = add_pool("c5.xlarge")

    dict(cluster.pools).clear()
    cluster.pools.clear()  # type: ignore[attr-defined]

    assert [*cluster.pools] == ["c5"]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"instance": "c5.2xlarge"}, "pool 'c5' cannot be added: name must be new .* 'c5' twice"),
        (
            {"instance": "c5.xlarge", "name": "more"},
            r"instance must be new in the cluster, got 'c5.xlarge', which pool 'c5' has \(raise",
        ),
        ({"instance": "c5.xlarge"}, "name must be new .*; instance must be new"),
    ],
)
def test_a_pool_that_repeats_another_is_rejected(
    add_pool: Callable[..., EcsCluster], second: dict[str, Any], message: str
) -> None:
    cluster = add_pool("c5.xlarge")

    with pytest.raises(ValueError, match=message):
        cluster.add_pool(pool_props(**second))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"log_retention_days": 2}, "log_retention_days must be one of 1, 3, 5, .*, got 2"),
        ({"drain_minutes": 0}, "drain_minutes must be 1 to 55, which .* hour .* got 0"),
        ({"drain_minutes": 56}, "drain_minutes must be 1 to 55, .* got 56"),
        ({"log_retention_days": 0, "drain_minutes": 0}, "log_retention_days .*; drain_minutes"),
    ],
)
def test_cluster_props_are_rejected(any_vpc: ec2.IVpc, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EcsClusterProps(vpc=any_vpc, **wrong)


@pytest.mark.parametrize("minutes", [1, 55])
def test_drain_minutes_at_the_limits_are_accepted(
    stack: cdk.Stack, vpc: ec2.IVpc, minutes: int
) -> None:
    cluster = EcsCluster(stack, "Cluster", EcsClusterProps(vpc=vpc, drain_minutes=minutes))

    cluster.add_pool(pool_props("c5.xlarge"))


def _needs(fleet: Fleet, construct: Any) -> set[str]:
    """Logical ids of everything that is made before ``construct``, and goes after it."""
    found: set[str] = set()
    waiting = [fleet.resource(construct)]
    while waiting:
        resource = waiting.pop()
        for name in _references(resource) & set(fleet.template["Resources"]) - found:
            found.add(name)
            waiting.append(fleet.template["Resources"][name])
    return found


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        direct = {
            value[0] if isinstance(value, list) else value
            for key, value in node.items()
            if key in ("Ref", "Fn::GetAtt")
        }
        depends = node.get("DependsOn", [])
        direct |= {depends} if isinstance(depends, str) else {*depends}
        return direct.union(*(_references(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(_references(value) for value in node))
    return set()
