"""The daemons of a Neuron pool: one task on each of its hosts, and within what hosts set aside."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk.assertions import Template

from accelerator_catalog import CPU_INSTANCES, NEURON_INSTANCES, ecs_ami_for
from fleet_packing import DAEMON_BUDGET
from fleet_packing.core_metrics import NAMESPACE
from inference_constructs import (
    CapacityPoolProps,
    EcsCluster,
    NeuronCapacityPool,
)
from tests.support.ecs_fleet import Fleet, pool_props

SERVICES = ("recovery", "metrics", "detection")


def _task(fleet: Fleet, service: str) -> dict[str, Any]:
    return fleet.properties(fleet.services[service].task_definition)


def _containers(fleet: Fleet, service: str) -> dict[str, dict[str, Any]]:
    return {one["Name"]: one for one in _task(fleet, service)["ContainerDefinitions"]}


def _statements(fleet: Fleet, service: str) -> dict[str, dict[str, Any]]:
    return fleet.statements(fleet.services[service].task_definition.task_role)


@pytest.mark.parametrize("service", SERVICES)
def test_daemon_runs_once_on_each_host_of_its_pool(fleet: Fleet, service: str) -> None:
    properties = fleet.properties(fleet.services[service])
    instance = "inf1.xlarge" if service == "detection" else "inf1.6xlarge"

    assert properties["SchedulingStrategy"] == "DAEMON"
    assert properties["PlacementConstraints"] == [
        {"Type": "memberOf", "Expression": f"attribute:ecs.instance-type == {instance}"}
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_daemon_is_stopped_before_it_is_started_anew(fleet: Fleet, service: str) -> None:
    assert fleet.properties(fleet.services[service])["DeploymentConfiguration"] == {
        "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
        "MaximumPercent": 100,
        "MinimumHealthyPercent": 0,
    }


def test_daemons_fit_in_what_a_host_keeps_free_for_them(fleet: Fleet) -> None:
    containers = [*_containers(fleet, "recovery").values(), *_containers(fleet, "metrics").values()]

    assert len(containers) == 3
    assert sum(one["Cpu"] for one in containers) <= DAEMON_BUDGET.cpu_units
    assert sum(one["MemoryReservation"] for one in containers) <= DAEMON_BUDGET.memory_mib
    assert all(one["Memory"] >= one["MemoryReservation"] for one in containers)


@pytest.mark.parametrize("service", SERVICES)
def test_daemon_keeps_a_log_that_expires(fleet: Fleet, service: str) -> None:
    for container in _containers(fleet, service).values():
        options = container["LogConfiguration"]["Options"]
        group = fleet.template["Resources"][options["awslogs-group"]["Ref"]]

        assert options["mode"] == "non-blocking"
        assert group["Properties"]["RetentionInDays"] == 7
        assert group["DeletionPolicy"] == "Delete"


@pytest.mark.parametrize(("service", "recovers"), [("recovery", "true"), ("detection", "false")])
def test_recovery_is_by_choice(fleet: Fleet, service: str, recovers: str) -> None:
    environment = _containers(fleet, service)["recovery"]["Environment"]

    assert environment == [{"Name": "ENABLE_RECOVERY", "Value": recovers}]


def test_only_recovery_may_replace_a_host_and_only_of_its_own_pool(fleet: Fleet) -> None:
    pool = fleet.cluster.pools["inf1"]

    assert "ReplaceHost" not in _statements(fleet, "detection")
    statement = _statements(fleet, "recovery")["ReplaceHost"]
    assert statement["Action"] == "autoscaling:SetInstanceHealth"
    assert statement["Resource"] == fleet.stack.resolve(
        pool.auto_scaling_group.auto_scaling_group_arn
    )


@pytest.mark.parametrize("service", ["recovery", "detection"])
def test_detector_finds_its_host_and_publishes_in_its_namespace_only(
    fleet: Fleet, service: str
) -> None:
    statements = _statements(fleet, service)

    assert statements["FindOwnHost"]["Action"] == [
        "autoscaling:DescribeAutoScalingInstances",
        "ec2:DescribeInstances",
    ]
    assert statements["PublishErrors"]["Action"] == "cloudwatch:PutMetricData"
    assert statements["PublishErrors"]["Condition"] == {
        "StringEquals": {"cloudwatch:namespace": "NeuronHealthCheck"}
    }


def test_detector_reads_the_kernels_log_for_every_failure_of_a_chip(fleet: Fleet) -> None:
    npd = _containers(fleet, "recovery")["npd"]

    assert npd["Privileged"] is True
    assert npd["LinuxParameters"]["Devices"] == [
        {"HostPath": "/dev/kmsg", "ContainerPath": "/dev/kmsg", "Permissions": ["read", "write"]}
    ]
    (command,) = npd["Command"]
    config = json.loads(command.split("'")[1])
    assert config["plugin"] == "kmsg"
    assert [rule["pattern"] for rule in config["rules"]] == [
        ".*NEURON_HW_ERR=SRAM_UNCORRECTABLE_ERROR.*",
        ".*NEURON_HW_ERR=NC_UNCORRECTABLE_ERROR.*",
        ".*NEURON_HW_ERR=HBM_UNCORRECTABLE_ERROR.*",
        ".*NEURON_HW_ERR=DMA_ERROR.*",
    ]
    assert "> /config/kernel-monitor.json" in command
    assert "--config.system-log-monitor=/config/kernel-monitor.json" in command


def test_detector_and_recovery_share_the_hosts_network_and_take_no_port(fleet: Fleet) -> None:
    assert _task(fleet, "recovery")["NetworkMode"] == "host"
    for container in _containers(fleet, "recovery").values():
        assert not container.get("PortMappings")


def test_detectors_images_are_pinned_and_may_be_mirrored(
    fleet: Fleet, stack: cdk.Stack, add_pool: Callable[..., EcsCluster]
) -> None:
    images = {name: one["Image"] for name, one in _containers(fleet, "recovery").items()}
    assert images == {
        "npd": "registry.k8s.io/node-problem-detector/node-problem-detector:v0.8.20",
        "recovery": "public.ecr.aws/neuron/neuron-node-recovery:1.3.0",
    }

    pool = add_pool("inf1.xlarge").pools["inf1"]
    assert isinstance(pool, NeuronCapacityPool)
    pool.add_problem_detector(
        recover=True,
        detector_image=ecs.ContainerImage.from_registry("mirror/npd:1"),
        recovery_image=ecs.ContainerImage.from_registry("mirror/recovery:1"),
    )

    (task,) = Template.from_stack(stack).find_resources("AWS::ECS::TaskDefinition").values()
    containers = task["Properties"]["ContainerDefinitions"]
    assert [one["Image"] for one in containers] == ["mirror/npd:1", "mirror/recovery:1"]


def test_core_metrics_see_every_chip_and_may_not_make_devices(fleet: Fleet) -> None:
    devices = _containers(fleet, "metrics")["core-metrics"]["LinuxParameters"]["Devices"]

    assert devices == [
        {
            "HostPath": f"/dev/neuron{chip}",
            "ContainerPath": f"/dev/neuron{chip}",
            "Permissions": ["read", "write"],
        }
        for chip in range(4)
    ]


def test_core_metrics_own_no_core(fleet: Fleet) -> None:
    container = _containers(fleet, "metrics")["core-metrics"]
    names = {one["Name"] for one in container["Environment"]}

    assert not any(name.startswith("NEURON_RT_") for name in names)
    assert not container.get("Privileged", False)
    pool = fleet.cluster.pools["inf1"]
    assert isinstance(pool, NeuronCapacityPool)
    assert set(pool.chips.owners) == {"resnet", "bert"}


def test_core_metrics_are_told_the_owners_that_came_later(fleet: Fleet) -> None:
    container = _containers(fleet, "metrics")["core-metrics"]
    environment = {one["Name"]: one["Value"] for one in container["Environment"]}

    # four cores a chip, numbered over the host
    owners = json.loads(environment.pop("NEURON_METRICS_OWNERS"))
    assert owners == {"resnet": "0-7", "bert": "12-15"}
    assert environment == {
        "NEURON_METRICS_CLUSTER": fleet.stack.resolve(fleet.cluster.cluster.cluster_name),
        "NEURON_METRICS_POOL": "inf1",
        "AWS_REGION": "us-east-1",
    }


def test_core_metrics_publish_in_their_namespace_only(fleet: Fleet) -> None:
    statements = _statements(fleet, "metrics")

    assert [*statements] == ["PublishMetrics"]
    assert statements["PublishMetrics"]["Action"] == "cloudwatch:PutMetricData"
    assert statements["PublishMetrics"]["Condition"] == {
        "StringEquals": {"cloudwatch:namespace": NAMESPACE}
    }


@pytest.mark.parametrize("instance", NEURON_INSTANCES)
def test_core_metrics_map_exactly_the_devices_of_each_type(
    anywhere: EcsCluster, instance: str
) -> None:
    pool = anywhere.add_pool(pool_props(instance))
    assert isinstance(pool, NeuronCapacityPool)

    pool.add_core_metrics(ecs.ContainerImage.from_registry("metrics:1"))

    template = Template.from_stack(cdk.Stack.of(anywhere))
    (task,) = template.find_resources("AWS::ECS::TaskDefinition").values()
    (container,) = task["Properties"]["ContainerDefinitions"]
    assert [one["HostPath"] for one in container["LinuxParameters"]["Devices"]] == [
        f"/dev/neuron{chip}" for chip in range(NEURON_INSTANCES[instance].chips)
    ]


def test_chips_are_the_ledger_of_the_pools_instance_type(
    add_pool: Callable[..., EcsCluster],
) -> None:
    pool = add_pool("inf2.24xlarge").pools["inf2"]

    assert isinstance(pool, NeuronCapacityPool)
    assert pool.instance is NEURON_INSTANCES["inf2.24xlarge"]
    assert pool.chips.free == (0, 1, 2, 3, 4, 5)


def test_a_neuron_pool_of_another_type_is_rejected(
    stack: cdk.Stack, add_pool: Callable[..., EcsCluster]
) -> None:
    cluster = add_pool("c5.xlarge")
    instance = CPU_INSTANCES["m5.large"]
    props = CapacityPoolProps(
        name="m5", instance=instance, ami=ecs_ami_for(instance), max_instances=1
    )

    with pytest.raises(ValueError, match=r"Neuron instance type, got 'm5.large' \(did you mean"):
        NeuronCapacityPool(
            stack,
            "Pool",
            props,
            cluster=cluster.cluster,
            drain=cluster.node.find_child("PoolDrain"),  # type: ignore[arg-type]
            log_retention=cluster.log_retention,
            removal_policy=cluster.removal_policy,
        )


@pytest.mark.parametrize("daemon", ["recovery", "metrics", "detection"])
def test_daemons_wait_for_their_rights_or_their_first_tasks_would_fail(
    fleet: Fleet, daemon: str
) -> None:
    service = fleet.services[daemon]
    roles = (service.task_definition.execution_role, service.task_definition.task_role)

    waits = fleet.resource(service)["DependsOn"]

    for role in roles:
        assert role is not None
        policy = role.node.find_child("DefaultPolicy").node.default_child
        assert isinstance(policy, cdk.CfnElement)
        assert fleet.stack.resolve(policy.logical_id) in waits


def test_a_second_daemon_of_a_kind_is_rejected(add_pool: Callable[..., EcsCluster]) -> None:
    pool = add_pool("inf1.xlarge").pools["inf1"]
    assert isinstance(pool, NeuronCapacityPool)
    pool.add_problem_detector(recover=False)

    with pytest.raises(RuntimeError, match="already a Construct with name 'ProblemDetector'"):
        pool.add_problem_detector(recover=True)


def test_daemons_know_nothing_of_ordinary_pools(add_pool: Callable[..., EcsCluster]) -> None:
    pool = add_pool("c5.xlarge").pools["c5"]

    assert not hasattr(pool, "add_core_metrics")
    assert pool_props("c5.xlarge").instance is pool.instance
