"""What protects hosts, containers, functions and jobs less."""

from __future__ import annotations

from tests.support.change_cases import Case
from tests.support.template_changes import GONE, add, put

_BUCKET = "AWS::S3::Bucket"
_KEY = "AWS::KMS::Key"
_SERVICE = "AWS::ECS::Service"
_TASK = "AWS::ECS::TaskDefinition"
_POOL = "AWS::AutoScaling::AutoScalingGroup"
_LAUNCH = "AWS::EC2::LaunchTemplate"
_LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
_PROVIDER = "AWS::ECS::CapacityProvider"
_FUNCTION, _CONTAINER = "AWS::Lambda::Function", "ContainerDefinitions/0"
_JOB, _COMPUTE = "AWS::Batch::JobDefinition", "AWS::Batch::ComputeEnvironment"
_REPOSITORY, _GROUP_OF_TARGETS = "AWS::ECR::Repository", "AWS::ElasticLoadBalancingV2::TargetGroup"
_COMPUTES = add(
    "-models", "Compute", _COMPUTE, {"State": "ENABLED", "ComputeResources": {"MaxvCpus": 64}}
)
_WORKS = add("-models", "Job", _JOB, {"Timeout": {"AttemptDurationSeconds": 60}})
_STORED = add("-models", "Images", _REPOSITORY, {"ImageTagMutability": "IMMUTABLE"})
_UNBLOCKED = "#!/bin/bash"


CASES = (
    Case(
        "tag of an image",
        "dev",
        put(_TASK, "ContainerDefinitions/0/Image", "repository:latest", "Resnet50"),
        "protection",
        "whatever its tag",
    ),
    Case(
        "no health check",
        "dev",
        put(_TASK, "ContainerDefinitions/0/HealthCheck", GONE, "Resnet50"),
        "protection",
        "nothing checks",
    ),
    Case(
        "no logs of a container",
        "dev",
        put(_TASK, "ContainerDefinitions/0/LogConfiguration", GONE, "Resnet50"),
        "protection",
        "without logs",
    ),
    Case(
        "less memory",
        "dev",
        put(_TASK, "ContainerDefinitions/0/Memory", 100, "Resnet50"),
        "capacity",
        "100 MiB of memory",
    ),
    Case(
        "capability",
        "dev",
        put(
            _TASK,
            "ContainerDefinitions/0/LinuxParameters/Capabilities/Add/0",
            "SYS_RAWIO",
            "Resnet50",
        ),
        "protection",
        "near root",
    ),
    Case(
        "disk of the host",
        "dev",
        put(
            _TASK,
            "ContainerDefinitions/0/LinuxParameters/Devices/0/HostPath",
            "/dev/nvme0n1",
            "Resnet50",
        ),
        "protection",
        "disks or memory",
    ),
    Case(
        "root by number",
        "dev",
        put(_TASK, "ContainerDefinitions/0/User", "0:0", "Resnet50"),
        "protection",
        "as root",
    ),
    Case(
        "files of the host",
        "dev",
        put(_TASK, "Volumes", [{"Host": {"SourcePath": "/var/run/x"}}], "Resnet50"),
        "protection",
        "host's files",
    ),
    Case(
        "memory of the host",
        "dev",
        put(_TASK, "IpcMode", "host", "Resnet50"),
        "protection",
        "host's memory",
    ),
    Case(
        "several tasks on a host",
        "dev",
        put(_SERVICE, "PlacementConstraints", GONE, "Resnet50"),
        "protection",
        "several tasks",
    ),
    Case(
        "out of the balancer",
        "dev",
        put(_SERVICE, "LoadBalancers", [], "Resnet50"),
        "interrupt",
        "gets no calls from",
    ),
    Case(
        "impatient with slow tasks",
        "dev",
        put(_SERVICE, "HealthCheckGracePeriodSeconds", 0, "Resnet50"),
        "protection",
        "after 0 s, not 360",
    ),
    Case(
        "calls sent elsewhere",
        "dev",
        put(_LISTENER, "DefaultActions/0/TargetGroupArn", "arn:other"),
        "interrupt",
        "sends its calls elsewhere",
    ),
    Case(
        "calls that still run",
        "dev",
        put(_GROUP_OF_TARGETS, "TargetGroupAttributes/0/Value", "0"),
        "protection",
        "waits 0 s",
    ),
    Case(
        "insights disabled",
        "dev",
        put("AWS::ECS::Cluster", "ClusterSettings/0/Value", "disabled"),
        "protection",
        "no insights",
    ),
    Case(
        "hosts are not started",
        "dev",
        put(_PROVIDER, "AutoScalingGroupProvider/ManagedScaling/Status", "DISABLED"),
        "capacity",
        "starts no hosts",
    ),
    Case(
        "Spot hosts",
        "dev",
        put(_LAUNCH, "LaunchTemplateData/InstanceMarketOptions", {"MarketType": "spot"}, "inf1"),
        "interrupt",
        "Spot host",
    ),
    Case(
        "hosts end", "dev", put(_POOL, "MaxInstanceLifetime", 86400), "interrupt", "after 86400 s"
    ),
    Case(
        "one zone less",
        "dev",
        put(_POOL, "VPCZoneIdentifier/1", GONE),
        "capacity",
        "runs no more in",
    ),
    Case(
        "size set back",
        "dev",
        put(_POOL, ".UpdatePolicy", GONE),
        "interrupt",
        "set back to its sizes",
    ),
    Case(
        "key pair",
        "dev",
        put(_LAUNCH, "LaunchTemplateData/KeyName", "mine", "inf1"),
        "protection",
        "key pair",
    ),
    Case(
        "credentials not blocked",
        "dev",
        put(_LAUNCH, "LaunchTemplateData/UserData", _UNBLOCKED, "inf1"),
        "protection",
        "containers its credentials",
    ),
    Case(
        "older bucket key",
        "prod",
        put(
            _BUCKET,
            "BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID",
            GONE,
            "StoreBucket4",
        ),
        "protection",
        "key of its own",
    ),
    Case(
        "objects by access lists",
        "prod",
        put(_BUCKET, "OwnershipControls/Rules/0/ObjectOwnership", "ObjectWriter"),
        "protection",
        "access lists",
    ),
    Case("kind of a key", "prod", put(_KEY, "KeySpec", "RSA_2048"), "refuse", "make another key"),
    Case(
        "function's logs elsewhere",
        "prod",
        put(_FUNCTION, "LoggingConfig", GONE, "OnEvent"),
        "protection",
        "for ever",
    ),
    Case(
        "function's time",
        "prod",
        put(_FUNCTION, "Timeout", 1, "OnEvent"),
        "capacity",
        "stopped after 1 s",
    ),
    Case(
        "fewer processors",
        "prod",
        put(_COMPUTE, "ComputeResources/MaxvCpus", 4),
        "capacity",
        "grows to 4 vCPUs",
        _COMPUTES,
    ),
    Case(
        "jobs stop",
        "prod",
        put(_COMPUTE, "State", "DISABLED"),
        "interrupt",
        "runs no jobs",
        _COMPUTES,
    ),
    Case(
        "job without end", "prod", put(_JOB, "Timeout", GONE), "protection", "run for ever", _WORKS
    ),
    Case(
        "tags may move",
        "prod",
        put(_REPOSITORY, "ImageTagMutability", "MUTABLE"),
        "protection",
        "another image",
        _STORED,
    ),
)
