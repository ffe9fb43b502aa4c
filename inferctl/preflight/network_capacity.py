"""Parts of networks that quotas count: addresses, gateways, endpoints, load balancers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from accelerator_catalog.quotas import (
    APPLICATION_LOAD_BALANCERS,
    ELASTIC_IPS,
    GATEWAY_ENDPOINTS,
    INTERFACE_ENDPOINTS,
    INTERNET_GATEWAYS,
    NAT_GATEWAYS,
    NETWORK_LOAD_BALANCERS,
    VPCS,
    Quota,
)
from inferctl.preflight.quota_use import QuotaUse, use
from inferctl.preflight.templates import Resource, Template, reference, resources

_BY_TYPE = {
    "AWS::EC2::EIP": ELASTIC_IPS,
    "AWS::EC2::VPC": VPCS,
    "AWS::EC2::InternetGateway": INTERNET_GATEWAYS,
}


def network_uses(stack: str, template: Template) -> Iterator[QuotaUse]:
    """What the resources of one template take of the quotas of a region, a zone or a network."""
    for resource_type, quota in _BY_TYPE.items():
        for resource in resources(stack, template, resource_type):
            yield _one(quota, resource)
    for balancer in resources(stack, template, "AWS::ElasticLoadBalancingV2::LoadBalancer"):
        network = balancer.properties.get("Type") == "network"
        yield _one(NETWORK_LOAD_BALANCERS if network else APPLICATION_LOAD_BALANCERS, balancer)
    endpoints = [*resources(stack, template, "AWS::EC2::VPCEndpoint")]
    # CloudFormation makes a gateway endpoint where no type is given
    interfaces = [e for e in endpoints if e.properties.get("VpcEndpointType") == "Interface"]
    for endpoint in endpoints:
        if endpoint.properties.get("VpcEndpointType", "Gateway") == "Gateway":
            yield _one(GATEWAY_ENDPOINTS, endpoint)
    networks = [str(endpoint.properties.get("VpcId")) for endpoint in interfaces]
    yield from _fullest(INTERFACE_ENDPOINTS, interfaces, networks)
    gateways = [*resources(stack, template, "AWS::EC2::NatGateway")]
    zones = [_zone(gateway, template) for gateway in gateways]
    yield from _fullest(NAT_GATEWAYS, gateways, zones)


def _one(quota: Quota, resource: Resource) -> QuotaUse:
    return use(quota, resource.place, minimum=1, maximum=1)


def _fullest(quota: Quota, counted: list[Resource], groups: list[str]) -> Iterator[QuotaUse]:
    """One use: the largest group's, because the quota holds for each group by itself."""
    if counted:
        _, most = Counter(groups).most_common(1)[0]
        names = tuple(each.place for each in counted)
        yield replace(use(quota, names[0], minimum=most, maximum=most), resources=names)


def _zone(gateway: Resource, template: Template) -> str:
    subnet = template["Resources"].get(reference(gateway.properties.get("SubnetId")), {})
    return str(subnet.get("Properties", {}).get("AvailabilityZone", gateway.logical_id))
