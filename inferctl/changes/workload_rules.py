"""What protects hosts, containers and their deployments: one row a setting."""

from __future__ import annotations

from collections.abc import Mapping

from inferctl.changes.safeguard_rule import (
    Row,
    absent,
    begins,
    below,
    lacks,
    mutable_image,
    off,
    on,
    one_of,
    other_than,
    there,
)

_CONTAINER = "ContainerDefinitions/*"
# a capability that lets a container out, by capabilities(7)
_NEAR_ROOT = one_of(
    *("ALL", "SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "SYS_MODULE", "SYS_RAWIO", "DAC_READ_SEARCH"),
    *("BPF", "SYS_BOOT", "SYSLOG"),
)
_HOST_PATHS = below("/etc", "/root", "/home", "/proc", "/sys", "/boot", "/var/run", "/run", "/dev")
_DISKS = begins("/dev/sd", "/dev/nvme", "/dev/xvd", "/dev/mem", "/dev/kmsg")
_ROOT = below("root", "0")
_DEPLOYMENT = "DeploymentConfiguration"
_ALARMS = f"{_DEPLOYMENT}/Alarms"
_AWSVPC = "NetworkConfiguration/AwsvpcConfiguration"
_PROVIDER = "AutoScalingGroupProvider"
_NO_INSIGHTS = "has no insights any more"
_IGNORED = ".UpdatePolicy/AutoScalingScheduledAction/IgnoreUnmodifiedGroupSizeProperties"
_BLOCKED = "ECS_AWSVPC_BLOCK_IMDS=true"
_IMDS = "hands out credentials without a token (IMDSv1)"


def _host(at: str, monitoring: str) -> tuple[Row, ...]:
    """The same settings of a launch template and of an instance."""
    disks, cards = f"{at}BlockDeviceMappings/*/Ebs/Encrypted", f"{at}NetworkInterfaces/*"
    return (
        ("network+", f"{cards}/AssociatePublicIpAddress", on, "gets a public address"),
        ("protection+", disks, off, "has a disk that is not encrypted"),
        ("protection+", f"{at}MetadataOptions/HttpTokens", other_than("required"), _IMDS),
        ("protection", f"{at}BlockDeviceMappings", absent, "names no encryption of its disks"),
        ("protection", f"{at}{monitoring}", off, "is not monitored in detail any more"),
        ("protection", f"{at}DisableApiTermination", off, "is easily terminated"),
        ("protection+", f"{at}KeyName", there, "lets in whoever has a key pair"),
        ("protection", f"{at}UserData", lacks(_BLOCKED), "may give containers its credentials"),
        (
            *("interrupt", f"{at}InstanceMarketOptions/MarketType", one_of("spot")),
            "is a Spot host: AWS may take it back at any time",
        ),
    )


WORKLOAD_ROWS: Mapping[str, tuple[Row, ...]] = {
    "AWS::EC2::LaunchTemplate": _host("LaunchTemplateData/", "Monitoring/Enabled"),
    "AWS::EC2::Instance": _host("", "Monitoring"),
    "AWS::ECS::TaskDefinition": (
        ("protection+", f"{_CONTAINER}/Privileged", on, "runs a privileged container"),
        ("protection+", f"{_CONTAINER}/User", _ROOT, "runs a container as root"),
        ("protection", f"{_CONTAINER}/User", absent, "runs as whom its image says, root maybe"),
        ("protection", f"{_CONTAINER}/Image", mutable_image, "runs whatever its tag comes to mean"),
        ("protection", f"{_CONTAINER}/HealthCheck", absent, "has a container that nothing checks"),
        ("protection", f"{_CONTAINER}/LogConfiguration", absent, "has a container without logs"),
        (
            *("protection", f"{_CONTAINER}/LinuxParameters/Capabilities/Drop", absent),
            "keeps capabilities that it gave up",
        ),
        (
            *("protection+", f"{_CONTAINER}/LinuxParameters/Devices/*/HostPath", _DISKS),
            "gets its host's disks or memory",
        ),
        ("protection+", "IpcMode", one_of("host"), "shares its host's memory"),
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
        ("protection", f"{_ALARMS}/Enable", off, "is deployed without alarms"),
        ("protection", f"{_ALARMS}/Rollback", off, "is not rolled back by alarms any more"),
        (
            *("protection", f"{_DEPLOYMENT}/Strategy", one_of("None", "ROLLING")),
            "is deployed without a second set of tasks to go back to",
        ),
        (
            *("protection", f"{_DEPLOYMENT}/Strategy", one_of("None", "ROLLING", "BLUE_GREEN")),
            "gets all its traffic at once, not by parts",
        ),
        (
            *("protection", f"{_DEPLOYMENT}/LifecycleHooks", absent),
            "is deployed without its lifecycle hooks",
        ),
        ("protection", "PlacementConstraints", absent, "may have several tasks on one host"),
        (
            *("protection", "AvailabilityZoneRebalancing", other_than("ENABLED")),
            "stays in one zone after an outage of the other",
        ),
        (
            *("interrupt", "CapacityProviderStrategy/*/CapacityProvider", one_of("FARGATE_SPOT")),
            "runs on Spot: AWS may stop its tasks at any time",
        ),
        ("interrupt", "LoadBalancers", absent, "gets no calls from a load balancer any more"),
    ),
    "AWS::ECS::Cluster": (
        ("protection", "ClusterSettings", absent, _NO_INSIGHTS),
        ("protection", "ClusterSettings/containerInsights", one_of("disabled"), _NO_INSIGHTS),
    ),
    "AWS::ECS::CapacityProvider": (
        (
            *("protection", f"{_PROVIDER}/ManagedTerminationProtection", other_than("ENABLED")),
            "may terminate hosts that run tasks",
        ),
        (
            *("protection", f"{_PROVIDER}/ManagedDraining", other_than("ENABLED")),
            "does not drain hosts before it terminates them",
        ),
        (
            *("capacity", f"{_PROVIDER}/ManagedScaling/Status", other_than("ENABLED")),
            "starts no hosts for waiting tasks any more",
        ),
    ),
    "AWS::AutoScaling::AutoScalingGroup": (
        (
            *("protection", "NewInstancesProtectedFromScaleIn", off),
            "may terminate hosts that run tasks",
        ),
        (
            *("protection", "HealthCheckType", other_than("ELB")),
            "keeps hosts that answer no health check",
        ),
        ("protection", ".CreationPolicy", absent, "does not wait for its hosts to signal"),
        ("interrupt", _IGNORED, off, "is set back to its sizes by each deployment"),
    ),
}
