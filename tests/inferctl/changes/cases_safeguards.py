"""What protects less, and what has less room."""

from __future__ import annotations

from tests.support.change_cases import Case
from tests.support.template_changes import GONE, both, drop, put

_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
_BUCKET = "AWS::S3::Bucket"
_KEY = "AWS::KMS::Key"
_LOG = "AWS::Logs::LogGroup"
_SERVICE = "AWS::ECS::Service"
_TASK = "AWS::ECS::TaskDefinition"
_POOL = "AWS::AutoScaling::AutoScalingGroup"
_LAUNCH = "AWS::EC2::LaunchTemplate"
_PROVIDER = "AWS::ECS::CapacityProvider"


CASES = (
    Case("flow log removed", "prod", drop("AWS::EC2::FlowLog"), "protection", "not recorded"),
    Case(
        "public access allowed",
        "prod",
        put(_BUCKET, "PublicAccessBlockConfiguration/BlockPublicPolicy", False),
        "protection",
        "BlockPublicPolicy",
    ),
    Case(
        "encryption removed",
        "prod",
        put(_BUCKET, "BucketEncryption", GONE),
        "protection",
        "encryption",
    ),
    Case("rotation off", "prod", put(_KEY, "EnableKeyRotation", False), "protection", "rotated"),
    Case(
        "bucket kept no more",
        "prod",
        put(_BUCKET, ".DeletionPolicy", "Delete"),
        "protection",
        "DeletionPolicy is Delete",
    ),
    Case(
        "logs kept shorter",
        "prod",
        put(_LOG, "RetentionInDays", 1, "FleetLog"),
        "protection",
        "for 1 days, not 30",
    ),
    Case(
        "fleet not retained",
        "prod",
        put("Custom::ModelFleet", "Retain", "false"),
        "protection",
        "deletes its index",
    ),
    Case(
        "credentials without token",
        "dev",
        put(_LAUNCH, "LaunchTemplateData/MetadataOptions/HttpTokens", "optional", "inf1"),
        "protection",
        "IMDSv1",
    ),
    Case(
        "credentials for containers",
        "dev",
        put(_LAUNCH, "LaunchTemplateData/MetadataOptions/HttpPutResponseHopLimit", 2, "inf1"),
        "protection",
        "HopLimit",
    ),
    Case(
        "disk in plain text",
        "dev",
        put(_LAUNCH, "LaunchTemplateData/BlockDeviceMappings/0/Ebs/Encrypted", False, "inf1"),
        "protection",
        "not encrypted",
    ),
    Case(
        "privileged container",
        "dev",
        put(_TASK, "ContainerDefinitions/0/Privileged", True),
        "protection",
        "privileged",
    ),
    Case(
        "no circuit breaker",
        "dev",
        put(_SERVICE, "DeploymentConfiguration/DeploymentCircuitBreaker/Enable", False),
        "protection",
        "failing deployment",
    ),
    Case(
        "hosts of tasks",
        "dev",
        put(_PROVIDER, "AutoScalingGroupProvider/ManagedTerminationProtection", "DISABLED"),
        "protection",
        "terminate hosts",
    ),
    Case("fewer instances at least", "prod", put(_TARGET, "MinCapacity", 1), "capacity", "keeps 1"),
    Case(
        "fewer instances at most",
        "dev",
        put(_POOL, "MaxSize", "1", "inf2"),
        "capacity",
        "grows to 1",
    ),
    Case(
        "scaling removed",
        "prod",
        both(drop("AWS::ApplicationAutoScaling::ScalingPolicy"), drop(_TARGET)),
        "capacity",
        "scales no more",
    ),
    Case(
        "another instance type",
        "dev",
        put(_LAUNCH, "LaunchTemplateData/InstanceType", "inf1.xlarge", "inf1"),
        "capacity",
        "runs on inf1.xlarge",
    ),
)
