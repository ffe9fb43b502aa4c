"""Rules of the cluster's place in the network: subnets, and the way out to AWS's services."""

from __future__ import annotations

from stacks.platform.cluster.file import Cluster
from stacks.platform.cluster.images import Reach, check_image_place
from stacks.platform.file import Network
from stacks.platform.findings import Findings

ENDPOINTS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html"
DETECTOR_IMAGE = "registry.k8s.io/node-problem-detector/node-problem-detector"
RECOVERY_IMAGE = "public.ecr.aws/neuron/neuron-node-recovery"
_ALWAYS = ("ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "logs")


def endpoints_of_hosts(cluster: Cluster) -> tuple[str, ...]:
    """Interface endpoints that hosts in isolated subnets need, sorted; none in private ones."""
    if cluster.subnets != "isolated":
        return ()
    names = set(_ALWAYS)
    if any(pool.core_metrics for pool in cluster.pools):
        names.add("monitoring")
    if cluster.problem_detector is not None:
        names |= {"autoscaling", "ec2", "monitoring"}
    return tuple(sorted(names))


def check_place(cluster: Cluster, network: Network, findings: Findings) -> None:
    """Adds subnets that the network lacks, or that hosts cannot work in."""
    place = "cluster.subnets"
    if cluster.subnets not in network.subnets:
        findings.refuse(
            place,
            cluster.subnets,
            rule=f"is not a kind of subnet of this network, which has {', '.join(network.subnets)}",
            fix=f"add {cluster.subnets} to network.subnets, or choose another",
        )
    if cluster.subnets != "isolated":
        return
    if not network.s3_gateway_endpoint:
        findings.refuse(
            place,
            cluster.subnets,
            rule="has no way to images and models, which are in S3, without its gateway endpoint",
            fix="write network.s3_gateway_endpoint: true",
            source=ENDPOINTS,
        )
    if network.interface_endpoints is not None:
        missing = [
            name for name in endpoints_of_hosts(cluster) if name not in network.interface_endpoints
        ]
        if missing:
            findings.refuse(
                "network.interface_endpoints",
                network.interface_endpoints,
                rule=f"lacks {', '.join(missing)}, without which isolated hosts run no task",
                fix="add them, or write auto",
                source=ENDPOINTS,
            )


def check_detector(cluster: Cluster, reach: Reach, findings: Findings) -> None:
    """Adds why the detector's images cannot be pulled, and a detector without a host to watch."""
    detector = cluster.problem_detector
    if detector is None:
        return
    place = "cluster.problem_detector"
    for key, default in (("detector_image", DETECTOR_IMAGE), ("recovery_image", RECOVERY_IMAGE)):
        given = getattr(detector, key)
        check_image_place(f"{place}.{key}", default if given is None else given, reach, findings)
