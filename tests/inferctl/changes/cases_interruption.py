"""What stops, restarts or starts cold."""

from __future__ import annotations

from tests.support.change_cases import Case
from tests.support.template_changes import GONE, both, put

_MODEL = "AWS::SageMaker::Model"
_CONFIG = "AWS::SageMaker::EndpointConfig"
_KEY = "AWS::KMS::Key"
_SERVICE = "AWS::ECS::Service"
_TASK = "AWS::ECS::TaskDefinition"
_POOL = "AWS::AutoScaling::AutoScalingGroup"
_LAUNCH = "AWS::EC2::LaunchTemplate"
_LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
_INSTANCE = "AWS::EC2::Instance"
_INTERFACE = "AWS::EC2::VPCEndpoint"
_ROLLING = {"AutoScalingRollingUpdate": {"MaxBatchSize": 2, "MinInstancesInService": 0}}
_SPOT = {"OnDemandBaseCapacity": 0, "OnDemandPercentageAboveBaseCapacity": 0}


CASES = (
    Case(
        "image of the endpoint",
        "prod",
        put(_MODEL, "PrimaryContainer/Image", "x:1"),
        "interrupt",
        "all-at-once",
    ),
    Case(
        "environment of the endpoint",
        "prod",
        put(_MODEL, "PrimaryContainer/Environment/A", "1"),
        "interrupt",
        "no model loaded",
    ),
    Case(
        "variant's instances",
        "dev",
        put(_CONFIG, "ProductionVariants/0/InferenceAmiVersion", "x"),
        "interrupt",
        "new fleet",
    ),
    Case(
        "hosts rolled",
        "dev",
        both(
            put(_POOL, ".UpdatePolicy", _ROLLING, "inf2"),
            put(_LAUNCH, "LaunchTemplateData/InstanceType", "inf2.8xlarge", "inf2"),
        ),
        "interrupt",
        "2 at a time with 0 kept",
        put(_POOL, ".UpdatePolicy", _ROLLING, "inf2"),
    ),
    Case(
        "tasks stopped first",
        "laptop",
        both(
            put(_TASK, "ContainerDefinitions/0/Image", "x:1", "Resnet50"),
            put(_SERVICE, "DesiredCount", 1, "Resnet50"),
            put(_SERVICE, "DeploymentConfiguration/MinimumHealthyPercent", 0, "Resnet50"),
        ),
        "interrupt",
        "all its tasks at once",
        both(
            put(_SERVICE, "DesiredCount", 1, "Resnet50"),
            put(_SERVICE, "DeploymentConfiguration/MinimumHealthyPercent", 0, "Resnet50"),
        ),
    ),
    Case(
        "service scaled to nothing",
        "comparison",
        put(_SERVICE, "DesiredCount", 0),
        "interrupt",
        "runs 0 tasks",
    ),
    Case(
        "port of a listener", "dev", put(_LISTENER, "Port", 81, "Resnet50"), "interrupt", "80 -> 81"
    ),
    Case(
        "host's type",
        "comparison",
        put(_INSTANCE, "InstanceType", "g5.xlarge"),
        "interrupt",
        "stopped and started",
    ),
    Case(
        "more Spot",
        "dev",
        put(_POOL, "MixedInstancesPolicy/InstancesDistribution", _SPOT, "inf2"),
        "interrupt",
        "Spot hosts",
        put(_POOL, "MixedInstancesPolicy/InstancesDistribution/OnDemandBaseCapacity", 1, "inf2"),
    ),
    Case("key disabled", "prod", put(_KEY, "Enabled", False), "interrupt", "disabled"),
    Case(
        "names of endpoints",
        "dev",
        put(_INTERFACE, "PrivateDnsEnabled", False, "Sagemaker"),
        "interrupt",
        "not found by",
    ),
    Case(
        "zone of an interface",
        "dev",
        put(_INTERFACE, "SubnetIds/1", GONE, "Sagemaker"),
        "interrupt",
        "SubnetIds loses",
    ),
    Case(
        "function never runs",
        "prod",
        put("AWS::Lambda::Function", "ReservedConcurrentExecutions", 0),
        "interrupt",
        "never runs",
    ),
)
