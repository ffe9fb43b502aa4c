"""What protects hosts, containers, endpoints and their deployments: one row a setting."""

from __future__ import annotations

from collections.abc import Mapping

from inferctl.changes.safeguard_rule import Row, absent, off, on, one_of, other_than, zero

_CONTAINER = "ContainerDefinitions/*"
_NEAR_ROOT = one_of("ALL", "SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "SYS_MODULE")
_HOST_PATHS = one_of("/", "/etc", "/root", "/var/run/docker.sock")
_DEPLOYMENT = "DeploymentConfiguration"
_AWSVPC = "NetworkConfiguration/AwsvpcConfiguration"
_PROVIDER = "AutoScalingGroupProvider"
_IMDS = "hands out credentials without a token (IMDSv1)"


def _host(at: str, monitoring: str) -> tuple[Row, ...]:
    """The same settings of a launch template and of an instance."""
    disks, cards = f"{at}BlockDeviceMappings/*/Ebs/Encrypted", f"{at}NetworkInterfaces/*"
    return (
        ("network+", f"{cards}/AssociatePublicIpAddress", on, "gets a public address"),
        ("protection+", disks, off, "has a disk that is not encrypted"),
        ("protection+", f"{at}MetadataOptions/HttpTokens", other_than("required"), _IMDS),
        ("protection", f"{at}{monitoring}", off, "is not monitored in detail any more"),
    )


WORKLOAD_ROWS: Mapping[str, tuple[Row, ...]] = {
    "AWS::EC2::LaunchTemplate": _host("LaunchTemplateData/", "Monitoring/Enabled"),
    "AWS::EC2::Instance": _host("", "Monitoring"),
    "AWS::ECS::TaskDefinition": (
        ("protection+", f"{_CONTAINER}/Privileged", on, "runs a privileged container"),
        ("protection+", f"{_CONTAINER}/User", one_of("root", "0"), "runs a container as root"),
        ("protection", f"{_CONTAINER}/ReadonlyRootFilesystem", off, "may write to its image"),
        (
            *("protection+", f"{_CONTAINER}/LinuxParameters/Capabilities/Add/*", _NEAR_ROOT),
            "has a capability that is near root",
        ),
        ("protection+", "NetworkMode", one_of("host"), "shares its host's network"),
        ("protection+", "PidMode", one_of("host"), "sees its host's processes"),
        ("protection+", "Volumes/*/Host/SourcePath", _HOST_PATHS, "mounts its host's files"),
    ),
    "AWS::ECS::Service": (
        ("network+", f"{_AWSVPC}/AssignPublicIp", one_of("ENABLED"), "has public addresses"),
        ("protection+", "EnableExecuteCommand", on, "lets people run commands inside"),
        (
            *("protection", f"{_DEPLOYMENT}/DeploymentCircuitBreaker/Rollback", off),
            "does not roll back a failing deployment any more",
        ),
        (
            *("protection", f"{_DEPLOYMENT}/DeploymentCircuitBreaker/Enable", off),
            "does not stop a failing deployment any more",
        ),
        ("protection", f"{_DEPLOYMENT}/Alarms/Enable", off, "is deployed without alarms"),
    ),
    "AWS::ECS::Cluster": (("protection", "ClusterSettings", absent, "has no insights any more"),),
    "AWS::ECS::CapacityProvider": (
        (
            *("protection", f"{_PROVIDER}/ManagedTerminationProtection", other_than("ENABLED")),
            "may terminate hosts that run tasks",
        ),
        (
            *("protection", f"{_PROVIDER}/ManagedDraining", other_than("ENABLED")),
            "does not drain hosts before it terminates them",
        ),
    ),
    "AWS::AutoScaling::AutoScalingGroup": (
        (
            *("protection", "NewInstancesProtectedFromScaleIn", off),
            "may terminate hosts that run tasks",
        ),
    ),
    "AWS::SageMaker::Model": (
        ("network", "EnableNetworkIsolation", off, "can make network calls of its own"),
    ),
    "AWS::SageMaker::EndpointConfig": (
        ("protection", "KmsKeyId", absent, "has disks without a key of its own"),
    ),
    "AWS::SageMaker::Endpoint": (
        ("protection", "DeploymentConfig", absent, "is updated all at once, without its guard"),
        (
            *("protection", "DeploymentConfig/AutoRollbackConfiguration", absent),
            "does not roll back by alarms any more",
        ),
        (
            *("capacity", "RetainAllVariantProperties", off),
            "starts each update with its first number of instances",
        ),
    ),
    "AWS::Lambda::Function": (
        ("protection", "TracingConfig/Mode", other_than("Active"), "is not traced any more"),
        ("interrupt", "ReservedConcurrentExecutions", zero, "never runs again"),
    ),
    "AWS::Lambda::Url": (("network+", "AuthType", one_of("NONE"), "answers anyone"),),
    "AWS::Lambda::EventSourceMapping": (
        ("interrupt", "Enabled", one_of("false"), "takes no events any more"),
    ),
    "AWS::StepFunctions::StateMachine": (
        ("protection", "LoggingConfiguration", absent, "logs nothing any more"),
    ),
    "AWS::CloudWatch::Alarm": (
        ("protection", "ActionsEnabled", one_of("false"), "tells nobody any more"),
        ("protection", "AlarmActions", absent, "tells nobody any more"),
    ),
    "AWS::Events::Rule": (("protection", "State", one_of("DISABLED"), "is switched off"),),
}
