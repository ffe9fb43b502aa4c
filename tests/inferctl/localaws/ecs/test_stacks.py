"""ECS by CloudFormation: what a stack waits for, and what it says when that does not come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from inferctl.localaws import clients
from inferctl.localaws.app import LocalAws

from .conftest import World

FAILING = {"DockerLabels": {"localaws.fails": "exit code 1"}}
_AMI = "ami-12c6146b"


def ref(name: str, attribute: str | None = None) -> dict[str, Any]:
    return {"Ref": name} if attribute is None else {"Fn::GetAtt": [name, attribute]}


def template(maximum: int = 1, container: dict[str, Any] | None = None, **service: Any) -> str:
    """One pool, one definition and one service, and what they are called."""
    resources: dict[str, Any] = {
        "Cluster": {"Type": "AWS::ECS::Cluster"},
        "Template": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {
                "LaunchTemplateData": {
                    "ImageId": _AMI,
                    "InstanceType": "inf2.xlarge",
                    "UserData": {"Fn::Base64": {"Fn::Sub": "ECS_CLUSTER=${Cluster}"}},
                }
            },
        },
        "Group": {
            "Type": "AWS::AutoScaling::AutoScalingGroup",
            "Properties": {
                "MinSize": "0",
                "MaxSize": str(maximum),
                "AvailabilityZones": ["us-east-1a"],
                "LaunchTemplate": {
                    "LaunchTemplateId": ref("Template"),
                    "Version": ref("Template", "LatestVersionNumber"),
                },
            },
        },
        "Provider": {
            "Type": "AWS::ECS::CapacityProvider",
            "Properties": {
                "AutoScalingGroupProvider": {
                    "AutoScalingGroupArn": ref("Group"),
                    "ManagedScaling": {"Status": "ENABLED"},
                }
            },
        },
        "Associations": {
            "Type": "AWS::ECS::ClusterCapacityProviderAssociations",
            "Properties": {
                "Cluster": ref("Cluster"),
                "CapacityProviders": [ref("Provider")],
                "DefaultCapacityProviderStrategy": [
                    {"CapacityProvider": ref("Provider"), "Weight": 1}
                ],
            },
        },
        "Definition": {
            "Type": "AWS::ECS::TaskDefinition",
            "Properties": {
                "Family": "stacked",
                "ContainerDefinitions": [
                    {"Name": "main", "Image": "i", "Memory": 9000, **(container or {})}
                ],
            },
        },
        "Service": {
            "Type": "AWS::ECS::Service",
            "DependsOn": "Associations",
            "Properties": {
                "Cluster": ref("Cluster"),
                "TaskDefinition": ref("Definition"),
                "ServiceName": "stacked",
                **service,
            },
        },
    }
    shown = {
        "Cluster": ref("Cluster"),
        "ClusterArn": ref("Cluster", "Arn"),
        "Definition": ref("Definition"),
        "Service": ref("Service"),
        "Name": ref("Service", "Name"),
        "Provider": ref("Provider"),
    }
    outputs = {name: {"Value": value} for name, value in shown.items()}
    return json.dumps({"Resources": resources, "Outputs": outputs})


@pytest.fixture
def stack(running: LocalAws) -> Iterator[str]:
    name = "pools"
    yield name
    cloudformation = running.client("cloudformation")
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1}
    )
    assert running.leftovers()["leftovers"] == []


def create(stack: str, body: str) -> str:
    client = clients.client("cloudformation")
    client.create_stack(StackName=stack, TemplateBody=body)
    return status(stack)


def update(stack: str, body: str) -> str:
    client = clients.client("cloudformation")
    client.update_stack(StackName=stack, TemplateBody=body)
    return status(stack)


def described(stack: str) -> dict[str, Any]:
    found: dict[str, Any] = clients.client("cloudformation").describe_stacks(StackName=stack)[
        "Stacks"
    ][0]
    return found


def status(stack: str) -> str:
    found: str = described(stack)["StackStatus"]
    return found


def outputs(stack: str) -> dict[str, str]:
    return {one["OutputKey"]: one["OutputValue"] for one in described(stack)["Outputs"]}


def reasons(stack: str) -> str:
    events = clients.client("cloudformation").describe_stack_events(StackName=stack)
    return "\n".join(one.get("ResourceStatusReason", "") for one in events["StackEvents"])


def service_of(stack: str) -> dict[str, Any]:
    cluster = outputs(stack)["Cluster"]
    found: dict[str, Any] = clients.client("ecs").describe_services(
        cluster=cluster, services=["stacked"]
    )["services"][0]
    return found


def hosts_of(stack: str) -> list[str]:
    """The capacity provider of each container instance."""
    ecs, cluster = clients.client("ecs"), outputs(stack)["Cluster"]
    arns = ecs.list_container_instances(cluster=cluster)["containerInstanceArns"]
    found = ecs.describe_container_instances(cluster=cluster, containerInstances=arns)
    return [one["capacityProviderName"] for one in found["containerInstances"]]


def test_what_is_made_is_called_as_cloudformation_calls_it(stack: str) -> None:
    assert create(stack, template()) == "CREATE_COMPLETE", reasons(stack)

    made = outputs(stack)
    prefix = "arn:aws:ecs:us-east-1:123456789012"
    assert made["ClusterArn"] == f"{prefix}:cluster/{made['Cluster']}"
    assert made["Service"] == f"{prefix}:service/{made['Cluster']}/stacked"
    assert made["Name"] == "stacked"
    assert made["Definition"].startswith(f"{prefix}:task-definition/stacked:")
    assert made["Provider"].startswith("pools-Provider-")
    service = service_of(stack)
    assert service["runningCount"] == 1
    assert service["capacityProviderStrategy"][0]["capacityProvider"] == made["Provider"]


def test_a_service_that_finds_no_room_fails_at_once_with_the_reason(stack: str) -> None:
    assert create(stack, template(DesiredCount=2)) == "ROLLBACK_COMPLETE"

    said = reasons(stack)
    assert "the service does not stabilize: (service stacked) was unable to place a task" in said
    assert "has insufficient memory available" in said


def test_an_update_that_cannot_progress_rolls_back_to_what_ran(stack: str) -> None:
    create(stack, template(DesiredCount=1))
    before = service_of(stack)["taskDefinition"]

    assert update(stack, template(container={"Memory": 9001})) == "UPDATE_ROLLBACK_COMPLETE"

    service = service_of(stack)
    assert "has insufficient memory available" in reasons(stack)
    assert (service["taskDefinition"], service["runningCount"]) == (before, 1)
    assert len(service["deployments"]) == 1
    definitions = clients.client("ecs").list_task_definitions(familyPrefix="stacked")
    assert definitions["taskDefinitionArns"] == [before]


def test_an_update_with_leave_to_stop_first_goes_through(stack: str) -> None:
    percents = {"MinimumHealthyPercent": 0, "MaximumPercent": 100}
    create(stack, template(DeploymentConfiguration=percents))
    before = service_of(stack)["taskDefinition"]

    changed = template(container={"Memory": 9001}, DeploymentConfiguration=percents)
    assert update(stack, changed) == "UPDATE_COMPLETE", reasons(stack)

    service = service_of(stack)
    assert service["taskDefinition"] != before and service["runningCount"] == 1


def test_the_circuit_breaker_fails_a_create(stack: str) -> None:
    breaker = {"DeploymentCircuitBreaker": {"Enable": True, "Rollback": True}}

    created = create(stack, template(container=FAILING, DeploymentConfiguration=breaker))

    assert created == "ROLLBACK_COMPLETE"
    assert "ECS Deployment Circuit Breaker was triggered" in reasons(stack)


def test_the_circuit_breaker_fails_an_update_which_rolls_back(stack: str) -> None:
    breaker = {"DeploymentCircuitBreaker": {"Enable": True, "Rollback": True}}
    create(stack, template(maximum=2, DeploymentConfiguration=breaker))
    before = service_of(stack)["taskDefinition"]

    broken = template(maximum=2, container=FAILING, DeploymentConfiguration=breaker)

    assert update(stack, broken) == "UPDATE_ROLLBACK_COMPLETE"
    assert "ECS Deployment Circuit Breaker was triggered" in reasons(stack)
    service = service_of(stack)
    assert (service["taskDefinition"], service["runningCount"]) == (before, 1)


def test_a_change_of_the_capacity_provider_moves_the_tasks(stack: str) -> None:
    changed = json.loads(template(maximum=2))
    resources = changed["Resources"]
    resources["Other"] = deepcopy(resources["Group"])
    resources["OtherProvider"] = deepcopy(resources["Provider"])
    provider = resources["OtherProvider"]["Properties"]["AutoScalingGroupProvider"]
    provider["AutoScalingGroupArn"] = ref("Other")
    associated = resources["Associations"]["Properties"]["CapacityProviders"]
    associated.append(ref("OtherProvider"))
    resources["Service"]["Properties"]["CapacityProviderStrategy"] = [
        {"CapacityProvider": ref("Provider"), "Weight": 1}
    ]
    create(stack, json.dumps(changed))
    resources["Service"]["Properties"]["CapacityProviderStrategy"] = [
        {"CapacityProvider": ref("OtherProvider"), "Weight": 1}
    ]

    assert update(stack, json.dumps(changed)) == "UPDATE_COMPLETE", reasons(stack)

    assert [provider.split("-")[1] for provider in hosts_of(stack)] == ["OtherProvider"]


def test_a_group_that_managed_termination_protection_guards_holds_up_the_deletion(
    stack: str, running: LocalAws
) -> None:
    guarded = json.loads(template())
    guarded["Resources"]["Group"]["Properties"]["NewInstancesProtectedFromScaleIn"] = True
    provider = guarded["Resources"]["Provider"]["Properties"]["AutoScalingGroupProvider"]
    provider["ManagedTerminationProtection"] = "ENABLED"
    create(stack, json.dumps(guarded))

    running.client("cloudformation").delete_stack(StackName=stack)

    assert status(stack) == "DELETE_FAILED"
    assert "all remaining instances are protected from scale-in" in reasons(stack)
    autoscaling = running.client("autoscaling")
    (group,) = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    autoscaling.set_instance_protection(
        AutoScalingGroupName=group["AutoScalingGroupName"],
        InstanceIds=[one["InstanceId"] for one in group["Instances"]],
        ProtectedFromScaleIn=False,
    )


def test_a_stack_named_like_aws_gives_its_provider_a_name_that_aws_refuses(
    running: LocalAws,
) -> None:
    client = running.client("cloudformation")

    assert create("ecs-pools", template()) == "ROLLBACK_COMPLETE"

    assert "Names must not begin with 'aws', 'ecs' or 'fargate'." in reasons("ecs-pools")
    client.delete_stack(StackName="ecs-pools")


def test_what_runs_by_hand_is_left_over(world: World) -> None:
    definition = world.define("hand")
    world.serve(definition, 0, serviceName="hand")
    provider = world.provider("c5.xlarge")

    left = set(world.aws.leftovers()["leftovers"])

    assert {
        f"ecs {world.name}",
        f"ecs {world.describe('hand')['serviceArn']}",
        f"ecs {provider}",
        f"ecs {definition}",
    } <= left
    world.ecs.deregister_task_definition(taskDefinition=definition)
    assert f"ecs {definition}" not in world.aws.leftovers()["leftovers"]
