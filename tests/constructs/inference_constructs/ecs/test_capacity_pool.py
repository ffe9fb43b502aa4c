"""How the instances of a pool start, how many there are, and how ECS uses them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from accelerator_catalog import NEURON_INSTANCES
from inference_constructs import EcsCluster, EcsClusterProps
from tests.support.ecs_fleet import PINNED_AMI, Fleet, pool_props

POOLS = ("inf1", "c5", "small")


@pytest.mark.parametrize("pool", POOLS)
def test_instance_metadata_is_asked_with_a_token_and_one_hop_away(fleet: Fleet, pool: str) -> None:
    assert fleet.launch_data(pool)["MetadataOptions"] == {
        "HttpPutResponseHopLimit": 1,
        "HttpTokens": "required",
    }


@pytest.mark.parametrize("pool", POOLS)
def test_root_volume_is_encrypted_and_has_room_for_neuron_images(fleet: Fleet, pool: str) -> None:
    assert fleet.launch_data(pool)["BlockDeviceMappings"] == [
        {
            "DeviceName": "/dev/xvda",
            "Ebs": {
                "DeleteOnTermination": True,
                "Encrypted": True,
                "VolumeSize": 100,
                "VolumeType": "gp3",
            },
        }
    ]


@pytest.mark.parametrize(
    ("pool", "instance"), [("inf1", "inf1.6xlarge"), ("c5", "c5.xlarge"), ("small", "inf1.xlarge")]
)
def test_instances_are_of_the_pools_type_and_watched_by_the_minute(
    fleet: Fleet, pool: str, instance: str
) -> None:
    data = fleet.launch_data(pool)

    assert data["InstanceType"] == instance
    assert data["Monitoring"] == {"Enabled": True}


@pytest.mark.parametrize(
    ("pool", "parameter"),
    [("inf1", "amazon-linux-2023/neuron"), ("c5", "amazon-linux-2023")],
)
def test_image_is_a_template_parameter_that_cloudformation_looks_up(
    fleet: Fleet, pool: str, parameter: str
) -> None:
    name = fleet.launch_data(pool)["ImageId"]["Ref"]

    assert fleet.template["Parameters"][name] == {
        "Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
        "Default": f"/aws/service/ecs/optimized-ami/{parameter}/recommended/image_id",
    }


@pytest.mark.parametrize(
    ("image", "written"),
    [
        (PINNED_AMI, PINNED_AMI),
        ("/own/image:7", "{{resolve:ssm:/own/image:7}}"),
    ],
)
def test_an_image_can_be_pinned(
    stack: cdk.Stack, add_pool: Callable[..., EcsCluster], image: str, written: str
) -> None:
    add_pool("inf1.xlarge", image=image)

    template = Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::EC2::LaunchTemplate", {"LaunchTemplateData": {"ImageId": written}}
    )
    assert "Image::Id" not in json.dumps(template.to_json().get("Parameters", {}))


def test_an_image_may_come_from_another_parameter(
    stack: cdk.Stack, add_pool: Callable[..., EcsCluster]
) -> None:
    name = "/aws/service/ecs/optimized-ami/amazon-linux-2023/neuron/of-november/image_id"
    add_pool("inf1.xlarge", image=name)

    parameters = Template.from_stack(stack).find_parameters("*", {"Default": name})
    assert len(parameters) == 1


def test_a_template_needs_no_account_no_lookup_and_comes_out_the_same(
    flags: dict[str, Any], tmp_path: Path
) -> None:
    texts = []
    for number in range(2):
        app = cdk.App(
            context=flags,
            outdir=str(tmp_path / str(number)),
            builtin_cloud_formation_validation=False,
        )
        stack = cdk.Stack(app, "Anywhere")
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id="vpc-1",
            availability_zones=["a"],
            private_subnet_ids=["subnet-1"],
            private_subnet_route_table_ids=["rtb-1"],
        )
        cluster = EcsCluster(stack, "Cluster", EcsClusterProps(vpc=vpc))
        cluster.add_pool(pool_props("inf2.xlarge"))
        cluster.add_pool(pool_props("c5.xlarge", image=PINNED_AMI))
        app.synth()
        manifest = json.loads((tmp_path / str(number) / "manifest.json").read_text())
        assert manifest["artifacts"] and "missing" not in manifest
        texts.append((tmp_path / str(number) / "Anywhere.template.json").read_text())

    assert texts[0] == texts[1]
    assert PINNED_AMI in texts[0]


@pytest.mark.parametrize("pool", POOLS)
def test_agent_joins_the_cluster_and_keeps_metadata_from_tasks(fleet: Fleet, pool: str) -> None:
    lines = _user_data(fleet, pool)

    assert "echo ECS_CLUSTER=<cluster> >> /etc/ecs/ecs.config" in lines
    assert "echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config" in lines
    assert "echo ECS_ENABLE_TASK_IAM_ROLE_NETWORK_HOST=true >> /etc/ecs/ecs.config" in lines


@pytest.mark.parametrize(("pool", "drains"), [("inf1", True), ("c5", False), ("small", False)])
def test_agent_drains_a_spot_instance_that_is_taken_back(
    fleet: Fleet, pool: str, drains: bool
) -> None:
    line = "echo ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config"

    assert (line in _user_data(fleet, pool)) is drains


@pytest.mark.parametrize("pool", POOLS)
def test_nothing_comes_in_and_only_https_goes_out(fleet: Fleet, pool: str) -> None:
    group = fleet.properties(fleet.cluster.pools[pool].security_group)

    assert "SecurityGroupIngress" not in group
    assert [(rule["IpProtocol"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]] == [
        ("tcp", 443)
    ]
    assert fleet.of_type("AWS::EC2::SecurityGroupIngress") == {}


def test_groups_use_launch_templates_since_new_accounts_have_nothing_else(fleet: Fleet) -> None:
    assert fleet.of_type("AWS::AutoScaling::LaunchConfiguration") == {}
    assert len(fleet.of_type("AWS::AutoScaling::AutoScalingGroup")) == 3
    assert len(fleet.of_type("AWS::EC2::LaunchTemplate")) == 3


@pytest.mark.parametrize(("pool", "sizes"), [("inf1", ("0", "4")), ("c5", ("1", "4"))])
def test_group_starts_protected_instances_and_leaves_the_count_to_ecs(
    fleet: Fleet, pool: str, sizes: tuple[str, str]
) -> None:
    group = fleet.properties(fleet.cluster.pools[pool].auto_scaling_group)

    assert (group["MinSize"], group["MaxSize"]) == sizes
    assert group["NewInstancesProtectedFromScaleIn"] is True
    assert "DesiredCapacity" not in group
    assert group["VPCZoneIdentifier"] == ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]


@pytest.mark.parametrize("pool", POOLS)
def test_a_deployment_never_replaces_running_instances(fleet: Fleet, pool: str) -> None:
    resource = fleet.resource(fleet.cluster.pools[pool].auto_scaling_group)

    assert not {"AutoScalingRollingUpdate", "AutoScalingReplacingUpdate"} & {
        *resource.get("UpdatePolicy", {})
    }


def test_spot_is_bought_where_capacity_is_deepest_above_the_on_demand_share(fleet: Fleet) -> None:
    group = fleet.properties(fleet.cluster.pools["inf1"].auto_scaling_group)

    assert group["MixedInstancesPolicy"]["InstancesDistribution"] == {
        "OnDemandBaseCapacity": 1,
        "OnDemandPercentageAboveBaseCapacity": 25,
        "SpotAllocationStrategy": "price-capacity-optimized",
    }
    assert group["CapacityRebalance"] is True
    assert "LaunchTemplate" not in group


def test_without_spot_everything_is_on_demand(fleet: Fleet) -> None:
    group = fleet.properties(fleet.cluster.pools["c5"].auto_scaling_group)

    assert "MixedInstancesPolicy" not in group
    assert "CapacityRebalance" not in group
    assert "LaunchTemplate" in group


@pytest.mark.parametrize(("pool", "target"), [("inf1", 100), ("c5", 90)])
def test_ecs_scales_drains_and_protects_the_group(fleet: Fleet, pool: str, target: int) -> None:
    provider = fleet.properties(fleet.cluster.pools[pool].capacity_provider)

    settings = provider["AutoScalingGroupProvider"]
    del settings["AutoScalingGroupArn"]
    assert settings == {
        "ManagedDraining": "ENABLED",
        "ManagedScaling": {"Status": "ENABLED", "TargetCapacity": target},
        "ManagedTerminationProtection": "ENABLED",
    }
    assert "Name" not in provider


@pytest.mark.parametrize("name", ["ecs-fleet", "aws-fleet", "Fargate-fleet"])
def test_a_stack_name_that_ecs_would_refuse_gives_each_provider_a_name_of_its_own(
    flags: dict[str, Any], tmp_path: Path, name: str
) -> None:
    app = cdk.App(context=flags, outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, name)
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a"], private_subnet_ids=["subnet-1"]
    )
    cluster = EcsCluster(stack, "Cluster", EcsClusterProps(vpc=vpc))
    for instance in ("c5.xlarge", "m5.large"):
        cluster.add_pool(pool_props(instance))

    providers = Template.from_stack(stack).find_resources("AWS::ECS::CapacityProvider")
    assert {one["Properties"]["Name"] for one in providers.values()} == {
        f"cp-{name}-c5",
        f"cp-{name}-m5",
    }


@pytest.mark.parametrize(
    ("pool", "expression"),
    [
        ("inf1", "attribute:ecs.instance-type == inf1.6xlarge"),
        ("c5", "attribute:ecs.instance-type == c5.xlarge"),
    ],
)
def test_constraint_names_the_instance_type_in_lower_case(
    fleet: Fleet, pool: str, expression: str
) -> None:
    (constraint,) = fleet.cluster.pools[pool].instance_type_constraint.to_json()

    assert (constraint.type, constraint.expression) == ("memberOf", expression)


def test_strategy_is_the_pools_own_provider(fleet: Fleet) -> None:
    pool = fleet.cluster.pools["c5"]

    (strategy,) = pool.strategy()

    assert strategy.capacity_provider == pool.capacity_provider.capacity_provider_name
    assert strategy.weight == 1


def test_an_instance_type_that_the_region_lacks_is_rejected(
    flags: dict[str, Any], tmp_path: Path
) -> None:
    app = cdk.App(context=flags, outdir=str(tmp_path))
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(region="cn-north-1"))
    vpc = ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-1", availability_zones=["a"])
    cluster = EcsCluster(stack, "Cluster", EcsClusterProps(vpc=vpc))

    assert "cn-north-1" not in NEURON_INSTANCES["trn1.2xlarge"].regions
    with pytest.raises(
        ValueError,
        match=r"trn1: instance must be a type that cn-north-1 offers, got 'trn1.2xlarge', which"
        r" only .*us-east-1.* offer",
    ):
        cluster.add_pool(pool_props("trn1.2xlarge"))


def test_a_hop_limit_of_the_users_is_kept(
    stack: cdk.Stack, add_pool: Callable[..., EcsCluster]
) -> None:
    add_pool("c5.xlarge", metadata_hop_limit=2)

    Template.from_stack(stack).has_resource_properties(
        "AWS::EC2::LaunchTemplate",
        {"LaunchTemplateData": {"MetadataOptions": {"HttpPutResponseHopLimit": 2}}},
    )


def _user_data(fleet: Fleet, pool: str) -> list[str]:
    delimiter, parts = fleet.launch_data(pool)["UserData"]["Fn::Base64"]["Fn::Join"]
    cluster = fleet.stack.resolve(fleet.cluster.cluster.cluster_name)
    return str(
        delimiter.join("<cluster>" if part == cluster else part for part in parts)
    ).splitlines()
