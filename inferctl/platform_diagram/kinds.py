"""What of a template is shown, and in which words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Properties = Mapping[str, Any]
Resources = Mapping[str, Any]
Describe = Callable[[Properties, Resources], str]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How resources of some types are shown: one line for each, alike ones counted."""

    title: str
    types: tuple[str, ...]
    describe: Describe


def text_of(value: Any) -> str:
    """A property as text; what only AWS knows is left out."""
    if isinstance(value, dict):
        joined = value.get("Fn::Join")
        parts = joined[1] if joined else []
        return "".join(part for part in parts if isinstance(part, str))
    return "" if value is None else str(value)


def _subnets(properties: Properties, _resources: Resources) -> str:
    kind = "public" if properties.get("MapPublicIpOnLaunch") else "other"
    for tag in properties.get("Tags", []):
        if tag.get("Key") == "aws-cdk:subnet-type":
            kind = str(tag["Value"]).lower()
    return f"{kind} subnet"


def _vpc_endpoint(properties: Properties, _resources: Resources) -> str:
    name = text_of(properties.get("ServiceName"))
    # com.amazonaws.<region>.<service>, where the region may be what only AWS knows
    return re.sub(r"^(.*amazonaws)?\.*([a-z]+(-[a-z]+)+-\d\.)?", "", name)


def is_machinery(resource_type: str, properties: Properties) -> bool:
    """Whether it is of the CDK's provider framework, which only hands on to a function of ours."""
    if resource_type == "AWS::Lambda::Function":
        return text_of(properties.get("Handler")).startswith("framework.")
    if resource_type == "AWS::StepFunctions::StateMachine":
        return '"framework-' in text_of(properties.get("DefinitionString"))
    return False


def _function(properties: Properties, _resources: Resources) -> str:
    handler = text_of(properties.get("Handler"))
    words = text_of(properties.get("Description")).split(":")
    return words[-1].split(".")[0].strip() if len(words) > 1 else handler


def _variant(properties: Properties, _resources: Resources) -> str:
    first = properties.get("ProductionVariants", [{}])[0]
    return f"{first.get('InitialInstanceCount', '?')} x {first.get('InstanceType', '?')}"


def _container(properties: Properties, _resources: Resources) -> str:
    container = properties.get("PrimaryContainer", {})
    tag = text_of(container.get("Image")).rpartition(":")[2]
    mode = "multi-model, " if container.get("Mode") == "MultiModel" else ""
    return f"{mode}Triton {tag}" if tag else f"{mode}own image"


def _scaling(properties: Properties, _resources: Resources) -> str:
    if "MaxCapacity" in properties:
        fewest, most = properties["MinCapacity"], properties["MaxCapacity"]
        return f"scales from {fewest} to {most}"
    tracked = properties.get("TargetTrackingScalingPolicyConfiguration", {})
    metric = tracked.get("CustomizedMetricSpecification", {}).get("MetricName") or tracked.get(
        "PredefinedMetricSpecification", {}
    ).get("PredefinedMetricType", "")
    return f"{metric} at {tracked.get('TargetValue')}"


def _bucket(properties: Properties, _resources: Resources) -> str:
    encryption = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration")
    rule = (encryption or [{}])[0].get("ServerSideEncryptionByDefault", {})
    versions = properties.get("VersioningConfiguration", {}).get("Status") == "Enabled"
    words = ["KMS" if rule.get("SSEAlgorithm") == "aws:kms" else "encrypted" if rule else "plain"]
    return ", ".join([*words, "versioned"] if versions else words)


def _queue(properties: Properties, resources: Resources) -> str:
    words = []
    for item in properties.get("ComputeEnvironmentOrder", []):
        value = item.get("ComputeEnvironment", {})
        name = value.get("Ref", value.get("Fn::GetAtt", [""])[0]) if isinstance(value, dict) else ""
        environment = resources.get(name, {}).get("Properties", {})
        words.append(str(environment.get("ComputeResources", {}).get("Type", "hosts")).lower())
    return ", then ".join(words)


def _compute(properties: Properties, _resources: Resources) -> str:
    resources = properties.get("ComputeResources", {})
    kinds = ", ".join(map(text_of, resources.get("InstanceTypes", [])))
    return f"{str(resources.get('Type', '')).lower()}: {kinds}"


def _pool(properties: Properties, resources: Resources) -> str:
    launch = properties.get("LaunchTemplate") or properties.get("MixedInstancesPolicy", {}).get(
        "LaunchTemplate", {}
    ).get("LaunchTemplateSpecification", {})
    name = launch.get("LaunchTemplateId", {}).get("Ref", "")
    data = resources.get(name, {}).get("Properties", {}).get("LaunchTemplateData", {})
    hosts = f"{properties.get('MinSize', 0)} to {properties.get('MaxSize', '?')}"
    return f"{hosts} x {text_of(data.get('InstanceType')) or 'hosts'}"


def _service(properties: Properties, _resources: Resources) -> str:
    count = properties.get("DesiredCount")
    if properties.get("SchedulingStrategy") == "DAEMON":
        return "daemon, a task on each host"
    return (
        "as many tasks as scaling sets"
        if count is None
        else f"{count} task{'' if count == 1 else 's'}"
    )


def _task(properties: Properties, _resources: Resources) -> str:
    return "\n".join(
        f"{text_of(container.get('Name'))}: {_image(container.get('Image'))}"
        for container in properties["ContainerDefinitions"]
    )


def _image(value: Any) -> str:
    """The repository's last word; an asset's image has none that means anything."""
    if not isinstance(value, str):
        return "own image"
    return value.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _alarm(properties: Properties, _resources: Resources) -> str:
    """Without the platform and the region that its name begins with."""
    name = text_of(properties.get("AlarmName")) or text_of(properties.get("MetricName"))
    return re.sub(r"^.*-[a-z]{2}(-[a-z]+)+-\d-", "", name)


def _balancer(properties: Properties, _resources: Resources) -> str:
    scheme = properties.get("Scheme", "internet-facing")
    return f"{properties.get('Type', 'application')}, {scheme}"


def _named(*keys: str) -> Describe:
    def describe(properties: Properties, _resources: Resources) -> str:
        return next((text for key in keys if (text := text_of(properties.get(key)))), "")

    return describe


KINDS = (
    Kind(title="VPC", types=("AWS::EC2::VPC",), describe=_named("CidrBlock")),
    Kind(title="Subnets", types=("AWS::EC2::Subnet",), describe=_subnets),
    Kind(title="NAT gateways", types=("AWS::EC2::NatGateway",), describe=lambda *_: "gateway"),
    Kind(title="VPC endpoints", types=("AWS::EC2::VPCEndpoint",), describe=_vpc_endpoint),
    Kind(title="Encryption", types=("AWS::KMS::Key",), describe=lambda *_: "rotated yearly"),
    Kind(title="Buckets", types=("AWS::S3::Bucket",), describe=_bucket),
    Kind(
        title="Model fleet", types=("Custom::ModelFleet",), describe=lambda *_: "models and index"
    ),
    Kind(
        title="State machines",
        types=("AWS::StepFunctions::StateMachine",),
        describe=lambda *_: "Step Functions",
    ),
    Kind(title="Functions", types=("AWS::Lambda::Function",), describe=_function),
    Kind(title="Batch queues", types=("AWS::Batch::JobQueue",), describe=_queue),
    Kind(title="Compute", types=("AWS::Batch::ComputeEnvironment",), describe=_compute),
    Kind(title="Model container", types=("AWS::SageMaker::Model",), describe=_container),
    Kind(title="Endpoint config", types=("AWS::SageMaker::EndpointConfig",), describe=_variant),
    Kind(
        title="Endpoint",
        types=("AWS::SageMaker::Endpoint",),
        describe=_named("EndpointName"),
    ),
    Kind(
        title="Verification",
        types=("Custom::EndpointVerification",),
        describe=lambda *_: "golden answers",
    ),
    Kind(title="Warm-up", types=("Custom::ModelWarmUp",), describe=lambda *_: "hot models"),
    Kind(
        title="Scaling",
        types=(
            "AWS::ApplicationAutoScaling::ScalableTarget",
            "AWS::ApplicationAutoScaling::ScalingPolicy",
        ),
        describe=_scaling,
    ),
    Kind(
        title="Load balancers",
        types=("AWS::ElasticLoadBalancingV2::LoadBalancer",),
        describe=_balancer,
    ),
    Kind(title="Services", types=("AWS::ECS::Service",), describe=_service),
    Kind(
        title="Task definitions",
        types=("AWS::ECS::TaskDefinition",),
        describe=_task,
    ),
    Kind(title="Cluster", types=("AWS::ECS::Cluster",), describe=lambda *_: "ECS"),
    Kind(
        title="Capacity pools",
        types=("AWS::AutoScaling::AutoScalingGroup",),
        describe=_pool,
    ),
    Kind(title="Hosts", types=("AWS::EC2::Instance",), describe=_named("InstanceType")),
    Kind(
        title="Dashboard", types=("AWS::CloudWatch::Dashboard",), describe=_named("DashboardName")
    ),
    Kind(title="Alarms", types=("AWS::CloudWatch::Alarm",), describe=_alarm),
    Kind(title="Notifications", types=("AWS::SNS::Topic",), describe=lambda *_: "SNS topic"),
)
