"""Rules of the network section: what CDK and EC2 would refuse only during a deployment."""

from __future__ import annotations

import ipaddress

from accelerator_catalog import END_OF_LIFE, REGIONS
from stacks.platform.file import Network
from stacks.platform.findings import Findings

_VPC_PAGE = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"
_ZONES_PAGE = (
    "https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html"
)
_SMALLEST_SUBNET_PREFIX = 28


def check_network(
    network: Network, region: str, acknowledged: frozenset[str], findings: Findings
) -> None:
    """Adds what is wrong with the network of a platform in ``region``."""
    zones = REGIONS[region].zones if region in REGIONS else None
    if zones is not None and network.availability_zones > zones:
        findings.warn(
            "network.availability_zones",
            f"an account may have only {zones} zones in {region}; then the deployment stops at"
            f" the one that is missing ({_ZONES_PAGE})",
        )
    _check_cidr(network, findings)
    _check_subnets(network, findings)
    _check_endpoints(network, region, acknowledged, findings)


def _check_cidr(network: Network, findings: Findings) -> None:
    place = "network.cidr"
    try:
        block = ipaddress.IPv4Network(network.cidr)
    except ValueError as error:
        findings.refuse(
            place,
            network.cidr,
            rule=f"is not an IPv4 block: {error}",
            fix="write a block such as 10.0.0.0/16",
        )
        return
    if not 16 <= block.prefixlen <= _SMALLEST_SUBNET_PREFIX:
        findings.refuse(
            place,
            network.cidr,
            rule=f"is a /{block.prefixlen}; a VPC is between /16 and /28",
            fix=f"write {block.network_address}/16",
            source=_VPC_PAGE,
        )
        return
    # CDK halves the block until every subnet has one of equal size.
    count = network.availability_zones * len(network.subnets)
    prefix = block.prefixlen + (count - 1).bit_length()
    if prefix > _SMALLEST_SUBNET_PREFIX:
        roomy = _SMALLEST_SUBNET_PREFIX - (count - 1).bit_length()
        findings.refuse(
            place,
            network.cidr,
            rule=f"is too small for {count} subnets, each of which is at least a /28",
            fix=f"write a block of /{roomy} or larger",
            source=_VPC_PAGE,
        )


def _check_subnets(network: Network, findings: Findings) -> None:
    kinds, gateways, zones = network.subnets, network.nat_gateways, network.availability_zones
    for kind in sorted({kind for kind in kinds if kinds.count(kind) > 1}):
        findings.refuse(
            "network.subnets",
            kind,
            rule="is listed twice; each kind is made once per zone",
            fix="remove one",
        )
    place = "network.nat_gateways"
    if gateways > zones:
        findings.refuse(
            place,
            gateways,
            rule=f"is more than the {zones} availability zones",
            fix=f"write {zones} or less",
        )
    if gateways and "public" not in kinds:
        findings.refuse(
            place,
            gateways,
            rule="needs public subnets, which is where NAT gateways stand",
            fix="add public to network.subnets, or write 0",
        )
    elif gateways and "private" not in kinds:
        findings.refuse(
            place,
            gateways,
            rule="serves nothing, because only private subnets use NAT gateways",
            fix="add private to network.subnets, or write 0",
        )
    if not gateways and "private" in kinds:
        findings.refuse(
            place,
            gateways,
            rule="leaves the private subnets without a way out",
            fix="write 1, or make them isolated",
        )


def _check_endpoints(
    network: Network, region: str, acknowledged: frozenset[str], findings: Findings
) -> None:
    wanted = network.interface_endpoints or ()
    for name in sorted({name for name in wanted if wanted.count(name) > 1}):
        findings.refuse(
            "network.interface_endpoints", name, rule="is listed twice", fix="remove one"
        )
    if not network.elastic_inference_endpoint:
        return
    place = "network.elastic_inference_endpoint"
    entry = END_OF_LIFE["elastic-inference"]
    if entry.id not in acknowledged:
        findings.refuse(
            place,
            True,
            rule=f"asks for a dead service: {entry.notice}",
            fix=f"remove it, or add {entry.id} to acknowledge_end_of_life",
            source=entry.source,
        )
    elif region in REGIONS and not REGIONS[region].elastic_inference:
        there = ", ".join(row.name for row in REGIONS.values() if row.elastic_inference)
        findings.refuse(
            place,
            True,
            rule=f"asks for a service that {region} never had",
            fix=f"remove it, or use one of {there}",
            source=entry.source,
        )
    else:
        findings.warn(place, f"{entry.notice} ({entry.source})")
