"""Clusters, capacity providers, task definitions and services."""

from __future__ import annotations

from typing import Any

from .cases_compute import SCALED
from .parts import Case, ref, resource, tags

CLUSTER = resource("AWS::ECS::Cluster", ClusterName="types")
PROVIDER = resource(
    "AWS::ECS::CapacityProvider",
    AutoScalingGroupProvider={
        "AutoScalingGroupArn": ref("Asg"),
        "ManagedScaling": {"Status": "ENABLED", "TargetCapacity": "100"},
        "ManagedTerminationProtection": "DISABLED",
    },
)
STRATEGY = [{"CapacityProvider": ref("Provider"), "Weight": 1}]
ASSOCIATIONS = resource(
    "AWS::ECS::ClusterCapacityProviderAssociations",
    Cluster=ref("Cluster"),
    CapacityProviders=[ref("Provider")],
    DefaultCapacityProviderStrategy=[],
)


def definition(family: str, **container: Any) -> dict[str, Any]:
    main = {"Name": "main", "Image": "i", "Memory": "64", **container}
    return resource("AWS::ECS::TaskDefinition", Family=family, ContainerDefinitions=[main])


def service(**properties: Any) -> dict[str, Any]:
    declared = resource(
        "AWS::ECS::Service",
        **{
            "Cluster": ref("Cluster"),
            "TaskDefinition": ref("Definition"),
            "CapacityProviderStrategy": STRATEGY,
            **properties,
        },
    )
    return {**declared, "DependsOn": ["Associations"]}


# user data names the cluster, which therefore goes after the instances
POOLED = {
    **SCALED,
    "Asg": {**SCALED["Asg"], "DependsOn": "Cluster"},
    "Cluster": CLUSTER,
    "Provider": PROVIDER,
    "Associations": ASSOCIATIONS,
}
SERVED = {**POOLED, "Definition": definition("types")}

# what is under test, what it needs, the changed properties, whether they replace it
CASES: list[Case] = [
    (
        resource("AWS::ECS::Cluster", Tags=tags(old="1")),
        {},
        {
            "ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}],
            "Configuration": {"ExecuteCommandConfiguration": {"Logging": "NONE"}},
            "Tags": tags(new="1"),
        },
        False,
    ),
    (CLUSTER, {}, {"ClusterName": "types-other"}, True),
    (
        PROVIDER,
        SCALED,
        {
            "AutoScalingGroupProvider": {
                "AutoScalingGroupArn": ref("Asg"),
                "ManagedScaling": {"Status": "ENABLED", "TargetCapacity": 80},
                "ManagedDraining": "DISABLED",
            },
            "Tags": tags(a="b"),
        },
        False,
    ),
    (PROVIDER, SCALED, {"Name": "types-provider"}, True),
    (
        resource(
            "AWS::ECS::CapacityProvider",
            ClusterName=ref("Cluster"),
            ManagedInstancesProvider={
                "InfrastructureRoleArn": "arn:aws:iam::123456789012:role/x",
                "InstanceLaunchTemplate": {
                    "Ec2InstanceProfileArn": "arn:aws:iam::123456789012:instance-profile/x",
                    "NetworkConfiguration": {"Subnets": ["subnet-1"]},
                },
            },
        ),
        {"Cluster": CLUSTER},
        {"Tags": tags(a="b")},
        False,
    ),
    (
        ASSOCIATIONS,
        {key: value for key, value in POOLED.items() if key != "Associations"},
        {"DefaultCapacityProviderStrategy": STRATEGY},
        False,
    ),
    (
        definition("types", PortMappings=[{"ContainerPort": "80"}]),
        {},
        {"Tags": tags(a="b")},
        False,
    ),
    (definition("types"), {}, {"Cpu": "256", "NetworkMode": "host"}, True),
    (
        service(),
        SERVED,
        {
            "DesiredCount": "2",
            "DeploymentConfiguration": {
                "MaximumPercent": 150,
                "MinimumHealthyPercent": "50",
                "DeploymentCircuitBreaker": {"Enable": True, "Rollback": "true"},
            },
            "PlacementConstraints": [
                {"Type": "memberOf", "Expression": "attribute:ecs.os-type == linux"}
            ],
            "PlacementStrategies": [{"Type": "binpack", "Field": "memory"}],
            "ForceNewDeployment": {"EnableForceNewDeployment": True},
            "PropagateTags": "SERVICE",
            "Tags": tags(a="b"),
        },
        False,
    ),
    (
        service(ServiceName="first"),
        SERVED,
        {"ServiceName": "second"},
        True,
    ),
]
