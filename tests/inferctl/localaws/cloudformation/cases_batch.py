"""Compute environments, job queues and job definitions."""

from __future__ import annotations

from typing import Any

from .cases_compute import NETWORK, PROFILE, TEMPLATE
from .parts import ROLE, Case, ref, resource

NEEDS = {**NETWORK, "Role": ROLE, "Profile": PROFILE, "Template": TEMPLATE}


def resources(**changed: Any) -> dict[str, Any]:
    return {
        "Type": "SPOT",
        "AllocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED",
        "MinvCpus": "0",
        "MaxvCpus": 16,
        "InstanceTypes": ["g5"],
        "InstanceRole": ref("Profile", "Arn"),
        "Subnets": [ref("Sub")],
        "SecurityGroupIds": [ref("Group", "GroupId")],
        "UpdateToLatestImageVersion": True,
        **changed,
    }


def environment(**properties: Any) -> dict[str, Any]:
    declared = {"Type": "managed", "ComputeResources": resources(), **properties}
    return resource("AWS::Batch::ComputeEnvironment", **declared)


def order(*names: str) -> list[dict[str, Any]]:
    return [
        {"Order": index, "ComputeEnvironment": ref(name)}
        for index, name in enumerate(names, start=1)
    ]


ENVIRONMENT = environment()
QUEUE = resource("AWS::Batch::JobQueue", Priority=1, ComputeEnvironmentOrder=order("Environment"))
TEMPLATED = {
    "LaunchTemplate": {"LaunchTemplateId": ref("Template"), "Version": "$Latest"},
    "Ec2Configuration": [{"ImageType": "ECS_AL2023_NVIDIA"}],
}
CONTAINER = {
    "Image": "fleet/model_compiler:1",
    "Command": ["python", "-m", "model_compiler", "Ref::model"],
    "Environment": [{"Name": "A", "Value": "1"}],
    "JobRoleArn": ref("Role", "Arn"),
    "LinuxParameters": {"Devices": [{"HostPath": "/dev/neuron0"}], "InitProcessEnabled": True},
    "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": "/jobs"}},
    "ResourceRequirements": [
        {"Type": "VCPU", "Value": "4"},
        {"Type": "MEMORY", "Value": "8192"},
        {"Type": "GPU", "Value": "1"},
    ],
}
DEFINITION = resource(
    "AWS::Batch::JobDefinition",
    Type="container",
    ContainerProperties=CONTAINER,
    Parameters={"model": "none"},
    PlatformCapabilities=["EC2"],
    RetryStrategy={
        "Attempts": "3",
        "EvaluateOnExit": [
            {"OnStatusReason": "Host EC2*", "Action": "RETRY"},
            {"OnReason": "*", "Action": "EXIT"},
        ],
    },
    Timeout={"AttemptDurationSeconds": 3600},
    PropagateTags=True,
    Tags={"a": "b"},
)

# what is under test, what it needs, the changed properties, whether they replace it
CASES: list[Case] = [
    (
        ENVIRONMENT,
        NEEDS,
        {
            "ComputeResources": resources(MaxvCpus="64"),
            "State": "DISABLED",
            "UpdatePolicy": {"TerminateJobsOnUpdate": True},
        },
        False,
    ),
    (ENVIRONMENT, NEEDS, {"ComputeResources": resources(**TEMPLATED)}, True),
    (
        environment(ReplaceComputeEnvironment=False),
        NEEDS,
        {"ComputeResources": resources(**TEMPLATED)},
        False,
    ),
    (ENVIRONMENT, NEEDS, {"ComputeEnvironmentName": "types", "Tags": {"a": "b"}}, True),
    (
        QUEUE,
        {**NEEDS, "Environment": ENVIRONMENT, "Other": ENVIRONMENT},
        {
            "Priority": "5",
            "State": "DISABLED",
            "ComputeEnvironmentOrder": order("Other", "Environment"),
            "JobStateTimeLimitActions": [
                {
                    "Reason": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
                    "State": "RUNNABLE",
                    "MaxTimeSeconds": "600",
                    "Action": "CANCEL",
                }
            ],
        },
        False,
    ),
    (QUEUE, {**NEEDS, "Environment": ENVIRONMENT}, {"JobQueueName": "types"}, True),
    (
        DEFINITION,
        {"Role": ROLE},
        {"Timeout": {"AttemptDurationSeconds": "7200"}, "Parameters": {"model": "x"}},
        True,
    ),
    (DEFINITION, {"Role": ROLE}, {"JobDefinitionName": "types", "Tags": {}}, True),
]
