"""What each packing turns into, and how its services are deployed."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from accelerator_catalog import NEURON_INSTANCES
from fleet_packing import ChipConflictError, DeploymentPercents
from inference_constructs import ScheduledCapacity
from inference_constructs.ecs.cluster import EcsCluster
from inference_constructs.ecs.load_balancer_props import LoadBalancerProps
from inference_constructs.ecs.managed_capacity import (
    ManagedNeuronCapacity,
    ManagedNeuronCapacityProps,
)
from inference_constructs.ecs.neuron_pool import NeuronCapacityPool
from inference_constructs.ecs.packing import NetworkMode, Packing
from inference_constructs.ecs.service import NeuronService
from inference_constructs.ecs.service_props import NeuronServiceProps
from inference_constructs.ecs.service_scaling_props import ServiceScalingProps
from tests.constructs.inference_constructs.ecs_service.support import (
    any_container,
    container_of,
    only,
    pool_in,
    resources,
    template_of,
    torchserve,
    variables_of,
)

BY_NIGHT = ServiceScalingProps(
    metric=None,
    schedules=[
        ScheduledCapacity(name="Night", cron="0 20 ? * * *", min_instances=0, max_instances=1)
    ],
)


def _serve(
    scope: cdk.Stack, cluster: EcsCluster, pool: Any, *, construct_id: str = "Service", **given: Any
) -> NeuronService:
    return NeuronService(
        scope,
        construct_id,
        NeuronServiceProps(
            **{
                "service_name": construct_id.lower(),
                "cluster": cluster,
                "pool": pool,
                "workload": any_container(),
                **given,
            }
        ),
    )


def _services(stack: cdk.Stack) -> dict[str, dict[str, Any]]:
    return {
        name: resource
        for name, resource in template_of(stack)["Resources"].items()
        if resource["Type"] == "AWS::ECS::Service"
    }


def test_chip_slots_makes_a_service_for_each_slot_of_the_chips_asked_for(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    service = _serve(stack, cluster, inf1, first_chip=1, chips=2)

    tasks = resources(template_of(stack), "AWS::ECS::TaskDefinition").values()
    assert [
        [d["HostPath"] for d in container_of(task)["LinuxParameters"]["Devices"]] for task in tasks
    ] == [["/dev/neuron1"], ["/dev/neuron2"]]
    assert [variables_of(task)["NEURON_RT_VISIBLE_CORES"] for task in tasks] == ["4-7", "8-11"]
    assert len(service.services) == 2
    assert inf1.chips.owners == {"service": range(1, 3)}


def test_slots_share_their_roles_and_log(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    _serve(stack, cluster, inf1)

    tasks = resources(template_of(stack), "AWS::ECS::TaskDefinition").values()
    assert len(tasks) == 4
    assert len({str(task["TaskRoleArn"]) for task in tasks}) == 1
    assert len({str(task["ExecutionRoleArn"]) for task in tasks}) == 1
    prefixes = [container_of(t)["LogConfiguration"]["Options"] for t in tasks]
    assert [p["awslogs-stream-prefix"] for p in prefixes] == ["slot0", "slot1", "slot2", "slot3"]


def test_odd_slots_are_deployed_after_even_ones(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    _serve(stack, cluster, inf1)

    services = _services(stack)
    names = sorted(services)
    waits = {
        name: sorted(other for other in names if other in services[name].get("DependsOn", []))
        for name in names
    }
    even, odd = [names[0], names[2]], [names[1], names[3]]
    assert waits == {**{name: [] for name in even}, **{name: even for name in odd}}


def test_whole_instance_gives_one_task_all_chips(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    _serve(stack, cluster, inf1, packing=Packing.WHOLE_INSTANCE)

    task = only(template_of(stack), "AWS::ECS::TaskDefinition")
    devices = container_of(task)["LinuxParameters"]["Devices"]
    assert [d["HostPath"] for d in devices] == [f"/dev/neuron{chip}" for chip in range(4)]
    assert variables_of(task)["NEURON_RT_VISIBLE_CORES"] == "0-15"
    assert inf1.chips.free == ()


def test_managed_instances_ask_for_all_devices_and_name_none(
    stack: cdk.Stack, cluster: EcsCluster, managed: ManagedNeuronCapacity
) -> None:
    _serve(
        stack,
        cluster,
        managed,
        packing=Packing.MANAGED_INSTANCES,
        workload=torchserve(),
    )

    template = template_of(stack)
    task = only(template, "AWS::ECS::TaskDefinition")
    container = container_of(task)
    assert task["RequiresCompatibilities"] == ["MANAGED_INSTANCES"]
    assert task["NetworkMode"] == "awsvpc"
    assert container["ResourceRequirements"] == [{"Type": "NeuronDevice", "Value": "ALL"}]
    assert "Devices" not in container["LinuxParameters"]
    assert "NEURON_RT_VISIBLE_CORES" not in variables_of(task)
    # What the smaller of its two types leaves.
    assert (task["Memory"], task["Cpu"]) == ("14825", "3904")
    service = only(template, "AWS::ECS::Service")
    assert "PlacementConstraints" not in service
    assert service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"
    assert service["DeploymentConfiguration"]["MinimumHealthyPercent"] == 100


def test_a_task_with_an_interface_of_its_own_reaches_https_and_nothing_else(
    stack: cdk.Stack, cluster: EcsCluster, inf2: NeuronCapacityPool
) -> None:
    _serve(stack, cluster, inf2, network_mode=NetworkMode.AWSVPC)

    template = template_of(stack)
    network = only(template, "AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["Subnets"] == ["subnet-01010101", "subnet-02020202"]
    ((name, group),) = (
        (name, group)
        for name, group in resources(template, "AWS::EC2::SecurityGroup").items()
        if "NetworkSecurityGroup" in name
    )
    assert network["SecurityGroups"] == [{"Fn::GetAtt": [name, "GroupId"]}]
    assert [(r["FromPort"], r["ToPort"]) for r in group["SecurityGroupEgress"]] == [(443, 443)]
    assert "SecurityGroupIngress" not in group


def test_tasks_on_managed_instances_are_in_the_subnets_of_their_hosts(
    stack: cdk.Stack, cluster: EcsCluster
) -> None:
    managed = ManagedNeuronCapacity(
        stack,
        "Managed",
        ManagedNeuronCapacityProps(
            name="managed",
            cluster=cluster,
            instances=[NEURON_INSTANCES["inf2.xlarge"]],
            subnet_type=ec2.SubnetType.PUBLIC,
        ),
    )

    _serve(stack, cluster, managed, packing=Packing.MANAGED_INSTANCES, workload=torchserve())

    template = template_of(stack)
    provider = next(
        properties["ManagedInstancesProvider"]
        for properties in resources(template, "AWS::ECS::CapacityProvider").values()
    )
    hosts = provider["InstanceLaunchTemplate"]["NetworkConfiguration"]["Subnets"]
    network = only(template, "AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["Subnets"] == hosts == ["subnet-08080808", "subnet-09090909"]


def test_every_service_is_placed_by_the_pools_capacity_provider(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool, inf2: NeuronCapacityPool
) -> None:
    _serve(stack, cluster, inf1, chips=1, construct_id="One")
    _serve(stack, cluster, inf2, construct_id="Two")

    template = template_of(stack)
    strategies = [
        service["CapacityProviderStrategy"]
        for service in resources(template, "AWS::ECS::Service").values()
    ]
    providers = resources(template, "AWS::ECS::CapacityProvider")
    assert len(strategies) == 2
    assert {strategy[0]["CapacityProvider"]["Ref"] for strategy in strategies} == set(providers)
    assert [strategy[0]["Weight"] for strategy in strategies] == [1, 1]
    for service in resources(template, "AWS::ECS::Service").values():
        assert "LaunchType" not in service
        assert service["PlacementStrategies"] == [
            {"Type": "spread", "Field": "attribute:ecs.availability-zone"},
            {"Type": "binpack", "Field": "memory"},
        ]


def test_deployments_roll_back_and_services_carry_their_tags(
    stack: cdk.Stack, cluster: EcsCluster, inf2: NeuronCapacityPool
) -> None:
    _serve(stack, cluster, inf2)

    service = only(template_of(stack), "AWS::ECS::Service")
    breaker = service["DeploymentConfiguration"]["DeploymentCircuitBreaker"]
    assert breaker == {"Enable": True, "Rollback": True}
    assert service["PropagateTags"] == "SERVICE"
    assert service["EnableExecuteCommand"] is False
    assert "ServiceName" not in service
    assert "HealthCheckGracePeriodSeconds" not in service


@pytest.mark.parametrize(
    ("hosts", "given", "percents", "rebalancing"),
    [
        (1, {}, (0, 100), "DISABLED"),
        (2, {}, (100, 200), "ENABLED"),
        (3, {"min_instances": 2}, (50, 100), "DISABLED"),
        (4, {"min_instances": 2}, (100, 200), "ENABLED"),
        (
            3,
            {"deployment": DeploymentPercents(minimum=100, maximum=150), "min_instances": 2},
            (100, 150),
            "ENABLED",
        ),
    ],
)
def test_deployments_use_spare_hosts_where_there_are_and_stop_tasks_first_where_not(
    stack: cdk.Stack,
    cluster: EcsCluster,
    hosts: int,
    given: dict[str, Any],
    percents: tuple[int, int],
    rebalancing: str,
) -> None:
    _serve(stack, cluster, pool_in(cluster, "inf2.xlarge", max_instances=hosts), **given)

    service = only(template_of(stack), "AWS::ECS::Service")
    deployment = service["DeploymentConfiguration"]
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == percents
    assert service["AvailabilityZoneRebalancing"] == rebalancing


def test_the_count_is_set_once_and_left_to_scaling_where_there_is(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool, inf2: NeuronCapacityPool
) -> None:
    _serve(stack, cluster, inf1, chips=1, min_instances=2, construct_id="Fixed")
    _serve(stack, cluster, inf2, scaling=BY_NIGHT, construct_id="Scaled")

    services = _services(stack)
    (fixed,) = (s["Properties"] for name, s in services.items() if name.startswith("Fixed"))
    (scaled,) = (s["Properties"] for name, s in services.items() if name.startswith("Scaled"))
    assert fixed["DesiredCount"] == 2
    assert "DesiredCount" not in scaled


def test_a_service_waits_for_its_rights_and_goes_before_its_pool(
    stack: cdk.Stack, cluster: EcsCluster, inf2: NeuronCapacityPool
) -> None:
    _serve(stack, cluster, inf2)

    ((_, service),) = _services(stack).items()
    waits = "".join(service["DependsOn"])
    assert "Drain" in waits
    assert "ExecutionRoleDefaultPolicy" in waits


def test_two_services_cannot_own_one_chip(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    _serve(stack, cluster, inf1, chips=3, construct_id="First")

    with pytest.raises(
        ChipConflictError,
        match=r"second asks for chips 2-3 of pool inf1-6xlarge, of which first owns chips 0-2",
    ):
        _serve(stack, cluster, inf1, first_chip=2, construct_id="Second")


def test_two_services_may_share_a_host(
    stack: cdk.Stack, cluster: EcsCluster, inf1: NeuronCapacityPool
) -> None:
    _serve(stack, cluster, inf1, chips=3, construct_id="First")
    _serve(stack, cluster, inf1, first_chip=3, construct_id="Second")

    assert inf1.chips.owners == {"first": range(3), "second": range(3, 4)}


def _problems(cluster: EcsCluster, pool: Any, **given: Any) -> str:
    with pytest.raises(ValueError, match="invalid NeuronServiceProps: ") as caught:
        NeuronServiceProps(
            **{
                "service_name": "service",
                "cluster": cluster,
                "pool": pool,
                "workload": any_container(),
                **given,
            }
        )
    return str(caught.value).removeprefix("invalid NeuronServiceProps: ")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"service_name": "9"},
            "service_name must be 1 to 63 letters, digits and hyphens, starting with a letter,"
            " got '9'",
        ),
        (
            {"workload": any_container(health=None)},
            "workload must declare a health check: without one, a container whose server died stays"
            " RUNNING",
        ),
        (
            {"packing": Packing.MANAGED_INSTANCES},
            "packing managed-instances needs a ManagedNeuronCapacity, got pool inf1-6xlarge of"
            " inf1.6xlarge",
        ),
        (
            {"packing": Packing.WHOLE_INSTANCE, "chips": 2},
            "chips_per_task, first_chip and chips belong to packing chip-slots, got them with"
            " whole-instance, whose tasks own all chips of a host",
        ),
        ({"min_instances": -1}, "min_instances must be at least 0, got -1"),
        (
            {"min_instances": 1, "scaling": ServiceScalingProps()},
            "min_instances must be left out where there is scaling, which has its own, got 1",
        ),
        (
            {"chips": 5},
            "chips must be 1 to 4 from chip 0 of inf1.6xlarge on, which has 4 chips, got 5",
        ),
        ({"chips_per_task": 3}, "chips_per_task must divide the 4 chips of the service, got 3"),
        (
            {"network_mode": NetworkMode.HOST},
            "network_mode must be bridge or awsvpc where a host has several slots: the workload's"
            " own port 8000 is there once, got host with 4 slots",
        ),
        (
            {"min_instances": 3},
            "the service grows to 3 hosts and pool inf1-6xlarge to 2: each host takes one task of a"
            " slot, so that the rest would wait for ever",
        ),
        (
            {
                "min_instances": 2,
                "deployment": DeploymentPercents(minimum=100, maximum=200),
            },
            "deployment would wait for ever: 100 % of 2 tasks keeps all 2 running, one on each of 2"
            " hosts, and no host is spare for a new one (lower minimum, or raise max_instances of"
            " pool inf1-6xlarge)",
        ),
        (
            {"deployment": DeploymentPercents(minimum=100, maximum=100)},
            "deployment would wait for ever: 100 % of 1 task keeps all 1 running and 100 % starts"
            " none beside them (lower minimum, or raise max_instances of pool inf1-6xlarge)",
        ),
        (
            {
                "deployment": DeploymentPercents(minimum=100, maximum=200),
                "scaling": ServiceScalingProps(
                    metric=None,
                    max_instances=1,
                    schedules=[
                        ScheduledCapacity(name="D", cron="", min_instances=2, max_instances=2)
                    ],
                ),
            },
            "deployment would wait for ever: 100 % of 2 tasks keeps all 2 running",
        ),
        (
            {"load_balancer": LoadBalancerProps(ports=["grpc"])},
            "ports of load_balancer must be ports of the workload (http), got 'grpc'",
        ),
        (
            {"workload": torchserve()},
            "the image of the workload is for NeuronCore-v2 and v3, got inf1.6xlarge",
        ),
    ],
)
def test_services_are_refused(
    cluster: EcsCluster, inf1: NeuronCapacityPool, wrong: dict[str, Any], message: str
) -> None:
    assert message in _problems(cluster, inf1, **wrong)


def test_all_problems_are_told_at_once(cluster: EcsCluster, inf1: NeuronCapacityPool) -> None:
    problems = _problems(
        cluster,
        inf1,
        service_name="",
        workload=any_container(health=None),
        chips=9,
        load_balancer=LoadBalancerProps(ports=["grpc"]),
    )

    assert problems.count("; ") == 3


def test_more_tasks_than_interfaces_are_refused_without_trunking(cluster: EcsCluster) -> None:
    pool = pool_in(cluster, "inf1.24xlarge")

    assert _problems(cluster, pool, network_mode=NetworkMode.AWSVPC) == (
        "network_mode awsvpc lets inf1.24xlarge carry 10 tasks without ENI trunking, got 16 slots"
        " (take bridge, or more chips_per_task)"
    )


def test_as_many_tasks_as_interfaces_are_accepted(cluster: EcsCluster) -> None:
    NeuronServiceProps(
        service_name="service",
        cluster=cluster,
        pool=pool_in(cluster, "inf1.24xlarge"),
        workload=any_container(),
        network_mode=NetworkMode.AWSVPC,
        chips=10,
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"packing": Packing.CHIP_SLOTS},
            "packing chip-slots needs a NeuronCapacityPool, got the managed instances managed",
        ),
        (
            {"packing": Packing.MANAGED_INSTANCES, "network_mode": NetworkMode.BRIDGE},
            "network_mode must be awsvpc for packing managed-instances, got bridge",
        ),
        (
            {"packing": Packing.MANAGED_INSTANCES, "scaling": ServiceScalingProps()},
            "metric neuroncore_utilization comes from a daemon on the hosts of a pool; managed"
            " instances have none (take requests, or schedules)",
        ),
        (
            {
                "packing": Packing.MANAGED_INSTANCES,
                "deployment": DeploymentPercents(minimum=100, maximum=150),
            },
            "deployment would wait for ever: 100 % of 1 task keeps all 1 running and 150 % starts"
            " none beside them (lower minimum, or raise maximum)",
        ),
    ],
)
def test_services_on_managed_instances_are_refused(
    cluster: EcsCluster, managed: ManagedNeuronCapacity, wrong: dict[str, Any], message: str
) -> None:
    assert message in _problems(cluster, managed, **wrong)


def test_a_service_of_no_host_is_accepted(
    stack: cdk.Stack, cluster: EcsCluster, inf2: NeuronCapacityPool
) -> None:
    _serve(stack, cluster, inf2, min_instances=0)

    assert only(template_of(stack), "AWS::ECS::Service")["DesiredCount"] == 0


def test_a_service_without_a_load_balancer_has_no_url(
    stack: cdk.Stack, cluster: EcsCluster, inf2: NeuronCapacityPool
) -> None:
    assert _serve(stack, cluster, inf2).url is None
