"""Neuron capacity that ECS manages itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from accelerator_catalog import NEURON_INSTANCES
from inference_constructs import (
    EcsCluster,
    EcsClusterProps,
    ManagedNeuronCapacity,
    ManagedNeuronCapacityProps,
)
from tests.support.ecs_fleet import Fleet


@pytest.fixture(scope="session")
def any_cluster(elsewhere: cdk.Stack, any_vpc: ec2.IVpc) -> EcsCluster:
    return EcsCluster(elsewhere, "ManagedCluster", EcsClusterProps(vpc=any_vpc))


@pytest.fixture
def provider(fleet: Fleet) -> dict[str, Any]:
    assert fleet.managed is not None
    return fleet.properties(fleet.managed.capacity_provider)


def test_ecs_picks_among_the_given_types_and_their_chips(provider: dict[str, Any]) -> None:
    template = provider["ManagedInstancesProvider"]["InstanceLaunchTemplate"]

    assert template["InstanceRequirements"] == {
        "AcceleratorManufacturers": ["amazon-web-services"],
        "AcceleratorNames": ["inferentia2", "trainium"],
        "AllowedInstanceTypes": ["inf2.xlarge", "trn1.2xlarge"],
        "MemoryMiB": {"Min": 16384},
        "VCpuCount": {"Min": 4},
    }
    assert template["StorageConfiguration"] == {"StorageSizeGiB": 100}
    assert template["Monitoring"] == "DETAILED"


def test_provider_belongs_to_the_cluster(fleet: Fleet, provider: dict[str, Any]) -> None:
    assert provider["ClusterName"] == fleet.stack.resolve(fleet.cluster.cluster.cluster_name)


def test_strategy_and_ready_are_the_provider(fleet: Fleet) -> None:
    managed = fleet.managed
    assert managed is not None

    (strategy,) = managed.strategy()

    assert strategy.capacity_provider == managed.capacity_provider.capacity_provider_name
    assert managed.ready is managed.capacity_provider


def test_instances_can_only_be_started_here_and_with_this_role(fleet: Fleet) -> None:
    assert fleet.managed is not None
    role = fleet.managed.capacity_provider.infrastructure_role
    statements = fleet.statements(role)
    instance_role = fleet.managed.node.find_child("InstanceRole")

    assert statements["PassInstanceRole"]["Resource"] == {
        "Fn::GetAtt": [fleet.stack.resolve(instance_role.node.default_child.logical_id), "Arn"]  # type: ignore[union-attr]
    }
    assert statements["CreateFleet"]["Condition"] == {
        "StringEquals": {"aws:RequestTag/AmazonECSManaged": "true"}
    }
    here = str(statements["StartHere"]["Resource"])
    assert here.count("subnet/subnet-") == 2
    assert here.count("security-group/") == 1
    assert "subnet/*" not in here and "security-group/*" not in here


@pytest.mark.parametrize("kind", ["InstanceRole", "InfrastructureRole"])
def test_roles_keep_their_rights_until_the_last_instance_is_gone(fleet: Fleet, kind: str) -> None:
    assert fleet.managed is not None
    role = fleet.managed.node.find_child(kind)
    policy = role.node.find_child("DefaultPolicy").node.default_child
    assert isinstance(policy, cdk.CfnElement)

    depends = fleet.resource(fleet.managed.capacity_provider)["DependsOn"]

    assert fleet.stack.resolve(policy.logical_id) in depends


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"instances": []}, "instances must name at least one type, got none"),
        (
            {"instances": [NEURON_INSTANCES["inf1.xlarge"]]},
            r"instances must be types whose devices ECS schedules, got 'inf1.xlarge' \(give inf1 a",
        ),
        ({"name": "Größe"}, "name must be 1 to 32 lower-case letters, .* got 'Größe'"),
        ({"task_volume_gib": 0}, "task_volume_gib must be at least 1, got 0"),
        ({"instances": [], "task_volume_gib": 0}, "instances .*; task_volume_gib"),
    ],
)
def test_props_are_rejected(any_cluster: EcsCluster, wrong: dict[str, Any], message: str) -> None:
    values: dict[str, Any] = {
        "name": "managed",
        "cluster": any_cluster,
        "instances": [NEURON_INSTANCES["inf2.xlarge"]],
    }
    with pytest.raises(ValueError, match=message):
        ManagedNeuronCapacityProps(**(values | wrong))


def test_task_failures_can_be_looked_into(fleet: Fleet) -> None:
    assert fleet.managed is not None
    statements = fleet.statements(fleet.managed.node.find_child("InstanceRole"))

    assert "ecs:PutSystemLogEvents" in statements["RunTasks"]["Action"]


@pytest.mark.parametrize(("name", "given"), [("EcsFleet", "cp-EcsFleet-managed"), ("Fleet", None)])
def test_the_provider_never_begins_with_a_word_of_ecs(
    flags: dict[str, Any], tmp_path: Path, name: str, given: str | None
) -> None:
    app = cdk.App(context=flags, outdir=str(tmp_path))
    stack = cdk.Stack(app, name, env=cdk.Environment(region="us-east-1"))
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=["a"],
        private_subnet_ids=["subnet-1"],
        private_subnet_route_table_ids=["rtb-1"],
    )
    cluster = EcsCluster(stack, "Cluster", EcsClusterProps(vpc=vpc))
    props = ManagedNeuronCapacityProps(
        name="managed", cluster=cluster, instances=[NEURON_INSTANCES["inf2.xlarge"]]
    )

    ManagedNeuronCapacity(stack, "Managed", props)

    (provider,) = Template.from_stack(stack).find_resources("AWS::ECS::CapacityProvider").values()
    assert provider["Properties"].get("Name") == given


def test_every_type_that_the_region_lacks_is_named(flags: dict[str, Any], tmp_path: Path) -> None:
    app = cdk.App(context=flags, outdir=str(tmp_path))
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(region="cn-north-1"))
    vpc = ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-1", availability_zones=["a"])
    cluster = EcsCluster(stack, "Cluster", EcsClusterProps(vpc=vpc))
    props = ManagedNeuronCapacityProps(
        name="managed",
        cluster=cluster,
        instances=[NEURON_INSTANCES["inf2.xlarge"], NEURON_INSTANCES["trn1.2xlarge"]],
    )

    with pytest.raises(ValueError, match=r"managed: .*got 'inf2.xlarge'.*; .*got 'trn1.2xlarge'"):
        ManagedNeuronCapacity(stack, "Managed", props)
