"""What the cluster stack promises: the mixture of hosts, who owns which chips, and a way down."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from stacks.config import Platform
from stacks.platform.cluster.size import resources_of

_DEFINITION = "AWS::ECS::TaskDefinition"
_SERVICE = "AWS::ECS::Service"


def _resources(synthesized: Any) -> dict[str, Any]:
    return dict(synthesized.templates["cluster"]["Resources"])


def _containers(synthesized: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every task definition that workloads run by, with its only container."""
    for resource in synthesized.resources("cluster", _DEFINITION):
        (*_, container) = resource["Properties"]["ContainerDefinitions"]
        if container["Name"] == "main":
            yield resource["Properties"], container


def _devices(container: dict[str, Any]) -> tuple[str, ...]:
    devices = container.get("LinuxParameters", {}).get("Devices", [])
    return tuple(device["HostPath"] for device in devices)


def _environment(container: dict[str, Any]) -> dict[str, str]:
    return {entry["Name"]: entry["Value"] for entry in container.get("Environment", [])}


def _types(properties: dict[str, Any]) -> list[str]:
    return [
        constraint["Expression"].rpartition(" == ")[2]
        for constraint in properties.get("PlacementConstraints", [])
        if "Expression" in constraint
    ]


def test_one_cluster_holds_inf1_inf2_trn1_and_an_ordinary_pool(dev: Any) -> None:
    types = [
        template["Properties"]["LaunchTemplateData"]["InstanceType"]
        for template in dev.resources("cluster", "AWS::EC2::LaunchTemplate")
    ]

    assert types == ["inf1.6xlarge", "inf2.xlarge", "trn1.2xlarge", "m6i.2xlarge"]
    assert len(dev.resources("cluster", "AWS::ECS::Cluster")) == 1
    providers = dev.properties("cluster", "AWS::ECS::ClusterCapacityProviderAssociations")
    assert len(providers["CapacityProviders"]) == 4


def test_dev_starts_no_host_by_itself(dev: Any) -> None:
    groups = dev.resources("cluster", "AWS::AutoScaling::AutoScalingGroup")

    assert {group["Properties"]["MinSize"] for group in groups} == {"0"}
    assert {service["Properties"]["DesiredCount"] for service in dev.resources("cluster", _SERVICE)}
    assert all(
        service["Properties"]["DesiredCount"] == 0 for service in dev.resources("cluster", _SERVICE)
    )


def test_hosts_boot_the_image_with_their_drivers(dev: Any) -> None:
    parameters = dev.templates["cluster"]["Parameters"]
    images = {
        data["InstanceType"]: parameters[data["ImageId"]["Ref"]]["Default"]
        for data in (
            template["Properties"]["LaunchTemplateData"]
            for template in dev.resources("cluster", "AWS::EC2::LaunchTemplate")
        )
    }

    prefix = "/aws/service/ecs/optimized-ami/amazon-linux-2023"
    neuron = f"{prefix}/neuron/recommended/image_id"
    assert images == {
        "inf1.6xlarge": neuron,
        "inf2.xlarge": neuron,
        "trn1.2xlarge": neuron,
        "m6i.2xlarge": f"{prefix}/recommended/image_id",
    }


def test_every_task_is_held_to_a_type_in_lower_case(dev: Any) -> None:
    types = [_types(properties) for properties, _ in _containers(dev)]

    assert sorted(types) == [
        ["inf1.6xlarge"],
        ["inf1.6xlarge"],
        ["inf1.6xlarge"],
        ["inf1.6xlarge"],
        ["inf2.xlarge"],
        ["m6i.2xlarge"],
        ["trn1.2xlarge"],
    ]


def test_slots_and_the_one_off_task_share_out_the_chips_of_a_host(dev: Any) -> None:
    owned = {
        _devices(container): _environment(container)["NEURON_RT_VISIBLE_CORES"]
        for properties, container in _containers(dev)
        if _types(properties) == ["inf1.6xlarge"]
    }

    # Cores are numbered over the whole host, four to a chip.
    assert owned == {
        ("/dev/neuron0",): "0-3",
        ("/dev/neuron1",): "4-7",
        ("/dev/neuron2",): "8-11",
        ("/dev/neuron3",): "12-15",
    }


@pytest.mark.parametrize("platform", ["dev", "laptop", "fleet"])
def test_no_two_tasks_of_a_type_own_one_device(
    platform: str, request: pytest.FixtureRequest
) -> None:
    owned: dict[tuple[str, str], int] = {}
    for properties, container in _containers(request.getfixturevalue(platform)):
        for type_ in _types(properties):
            for device in _devices(container):
                owned[type_, device] = owned.get((type_, device), 0) + 1

    assert owned
    assert set(owned.values()) == {1}


def test_ordinary_tasks_have_neither_devices_nor_cores(dev: Any) -> None:
    (container,) = (
        container
        for properties, container in _containers(dev)
        if _types(properties) == ["m6i.2xlarge"]
    )

    assert _devices(container) == ()
    assert "NEURON_RT_VISIBLE_CORES" not in _environment(container)
    assert container["EntryPoint"] == ["neuronx-cc"]


def test_managed_tasks_ask_for_all_devices_and_map_none(fleet: Any) -> None:
    (container,) = (
        container
        for properties, container in _containers(fleet)
        if properties["RequiresCompatibilities"] == ["MANAGED_INSTANCES"]
    )

    assert container["ResourceRequirements"] == [{"Type": "NeuronDevice", "Value": "ALL"}]
    assert _devices(container) == ()


def test_gpu_tasks_ask_for_their_gpu_and_their_share_of_the_host(fleet: Any) -> None:
    (container,) = (
        container
        for properties, container in _containers(fleet)
        if _types(properties) == ["g4dn.xlarge"]
    )

    assert container["ResourceRequirements"] == [{"Type": "GPU", "Value": "1"}]
    assert container["Memory"] == 8192


def _dependencies(resources: dict[str, Any], name: str) -> set[str]:
    """Everything that ``name`` waits for, and that therefore outlives it on the way down."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        text = resources[waiting.pop()].get("DependsOn", [])
        for other in [text] if isinstance(text, str) else text:
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


@pytest.mark.parametrize("platform", ["dev", "laptop", "fleet"])
def test_services_go_before_their_pool_is_emptied_and_that_before_its_provider_goes(
    platform: str, request: pytest.FixtureRequest
) -> None:
    resources = _resources(request.getfixturevalue(platform))
    (association,) = (
        name
        for name, resource in resources.items()
        if resource["Type"] == "AWS::ECS::ClusterCapacityProviderAssociations"
    )
    drains = {n for n, r in resources.items() if r["Type"] == "Custom::CapacityPool"}
    for name, resource in resources.items():
        if resource["Type"] == _SERVICE and "Managed" not in name:
            assert len(_dependencies(resources, name) & drains) == 1, name
    for drain in drains:
        assert association in _dependencies(resources, drain)


def test_a_public_balancer_is_encrypted_and_lets_the_named_clients_in(fleet: Any) -> None:
    (public,) = (
        balancer["Properties"]
        for balancer in fleet.resources("cluster", "AWS::ElasticLoadBalancingV2::LoadBalancer")
        if balancer["Properties"]["Scheme"] == "internet-facing"
    )
    listeners = [
        listener["Properties"]
        for listener in fleet.resources("cluster", "AWS::ElasticLoadBalancingV2::Listener")
        if listener["Properties"]["Protocol"] == "HTTPS"
    ]

    assert public["Type"] == "application"
    (listener,) = listeners
    assert listener["Certificates"] == [
        {"CertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/1234"}
    ]


def test_both_metrics_drive_their_services(fleet: Any) -> None:
    policies = [
        policy["Properties"]["TargetTrackingScalingPolicyConfiguration"]
        for policy in fleet.resources("cluster", "AWS::ApplicationAutoScaling::ScalingPolicy")
    ]

    requests = [p for p in policies if "PredefinedMetricSpecification" in p]
    cores = [p for p in policies if "CustomizedMetricSpecification" in p]
    assert {policy["TargetValue"] for policy in requests} == {600}
    assert {p["CustomizedMetricSpecification"]["MetricName"] for p in cores} == {
        "NeuronCoreUtilization"
    }
    # A policy for each slot: 16 chips of inf1.24xlarge, two slots of two chips.
    assert (len(requests), len(cores)) == (16, 2)


def test_mirrored_daemon_images_come_with_the_right_to_pull_them(fleet: Any) -> None:
    text = json.dumps(fleet.templates["cluster"])

    assert "registry.k8s.io" not in text
    assert "public.ecr.aws" not in text
    for name in ("node-problem-detector", "neuron-node-recovery"):
        assert f":ecr:us-east-1:111122223333:repository/{name}" in text


def test_outputs_name_the_cluster_its_urls_and_what_run_task_needs(dev: Any) -> None:
    outputs = dev.templates["cluster"]["Outputs"]

    named = {name for name in outputs if not name.startswith("PublishOutput")}
    assert named == {
        "ClusterName",
        "ServiceUrlMinilm",
        "ServiceUrlResnet50",
        "TaskCapacityProviderCompiler",
        "TaskCapacityProviderInference",
        "TaskDefinitionCompiler",
        "TaskDefinitionInference",
    }
    assert not any("Export" in output for output in outputs.values())


def test_a_platform_may_be_a_network_and_a_cluster_alone(fleet: Any) -> None:
    assert set(fleet.templates) == {"network", "cluster", "monitoring"}


def test_no_name_of_a_capacity_provider_begins_as_ecs_forbids(fleet: Any) -> None:
    names = [
        provider["Properties"]["Name"]
        for provider in fleet.resources("cluster", "AWS::ECS::CapacityProvider")
    ]

    assert len(names) == 5
    assert all(name.startswith("cp-") for name in names)


@pytest.mark.parametrize("platform", ["dev", "laptop", "fleet", "china_fleet", "verified_services"])
def test_the_stack_is_never_larger_than_counted_beforehand(
    platform: str, request: pytest.FixtureRequest
) -> None:
    synthesized = request.getfixturevalue(platform)
    plan = synthesized.platform.cluster

    counted = resources_of(plan, synthesized.platform.removal)

    assert 0 <= counted - len(_resources(synthesized)) <= 20


def test_logs_follow_the_platforms_removal(
    fleet: Any, synthesize: Callable[[Platform], Any]
) -> None:
    short_lived = synthesize(replace(fleet.platform, name="gone", removal="destroy"))

    for synthesized, policy in ((fleet, "Retain"), (short_lived, "Delete")):
        groups = synthesized.resources("cluster", "AWS::Logs::LogGroup")
        assert {group["DeletionPolicy"] for group in groups} == {policy}


def test_a_canary_moves_one_part_of_the_traffic_and_goes_back_on_errors(rollouts: Any) -> None:
    (service,) = rollouts.resources("cluster", "AWS::ECS::Service")
    deployment = service["Properties"]["DeploymentConfiguration"]
    (alarm,) = rollouts.resources("cluster", "AWS::CloudWatch::Alarm")

    names = deployment.pop("Alarms")
    assert deployment == {
        "Strategy": "CANARY",
        "CanaryConfiguration": {"CanaryPercent": 20, "CanaryBakeTimeInMinutes": 5},
        "BakeTimeInMinutes": 15,
        "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
        "MinimumHealthyPercent": 100,
        "MaximumPercent": 200,
    }
    assert (names["Enable"], names["Rollback"], len(names["AlarmNames"])) == (True, True, 1)
    assert alarm["Properties"]["Threshold"] == 5


def test_the_second_set_has_a_target_group_in_the_rule_that_ecs_may_change(rollouts: Any) -> None:
    resources = rollouts.templates["cluster"]["Resources"]
    (service,) = rollouts.resources("cluster", "AWS::ECS::Service")
    (balancer,) = service["Properties"]["LoadBalancers"]
    advanced = balancer["AdvancedConfiguration"]
    (rule,) = rollouts.resources("cluster", "AWS::ElasticLoadBalancingV2::ListenerRule")

    groups = [balancer["TargetGroupArn"], advanced["AlternateTargetGroupArn"]]
    weighted = rule["Properties"]["Actions"][0]["ForwardConfig"]["TargetGroups"]
    assert [group["TargetGroupArn"] for group in weighted] == groups
    assert [group["Weight"] for group in weighted] == [100, 0]
    assert resources[advanced["ProductionListenerRule"]["Ref"]] == rule
    (first, second) = (resources[group["Ref"]]["Properties"] for group in groups)
    assert first == second


def test_ecs_may_change_one_rule_one_listener_and_two_target_groups(rollouts: Any) -> None:
    (statements,) = (
        policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in rollouts.resources("cluster", "AWS::IAM::Policy")
        if "ShiftingRole" in policy["Properties"]["PolicyName"]
    )
    by_sid = {one["Sid"]: one for one in statements}

    assert len(by_sid["RegisterTasks"]["Resource"]) == 2
    for sid, action in (("ShiftTraffic", "ModifyRule"), ("ShiftListener", "ModifyListener")):
        assert by_sid[sid]["Action"] == f"elasticloadbalancing:{action}"
        assert set(by_sid[sid]["Resource"]) == {"Ref"}
    assert all("Describe" in action for action in by_sid["Look"]["Action"])


def test_rolling_services_have_neither_a_strategy_nor_a_second_set(laptop: Any, fleet: Any) -> None:
    for platform in (laptop, fleet):
        for service in platform.resources("cluster", "AWS::ECS::Service"):
            properties = service["Properties"]
            if "DeploymentConfiguration" in properties:
                assert "Strategy" not in properties["DeploymentConfiguration"]
            for balancer in properties.get("LoadBalancers", []):
                assert "AdvancedConfiguration" not in balancer
