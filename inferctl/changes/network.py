"""Which doors a change opens: rules of groups, routes, subnets with a way to the internet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inferctl.changes.assembly import Assembly, Key
from inferctl.changes.comparison import Comparison, finding
from inferctl.changes.finding import Finding
from inferctl.changes.references import References
from inferctl.changes.security_rules import security_rules

# Whatever joins networks: what is reached through it is not in these templates.
_DOORS = {
    "AWS::EC2::InternetGateway": "an internet gateway",
    "AWS::EC2::EgressOnlyInternetGateway": "an internet gateway for IPv6",
    "AWS::EC2::VPCPeeringConnection": "a peering with another network",
    "AWS::EC2::TransitGatewayAttachment": "a transit gateway",
    "AWS::EC2::TransitGatewayVpcAttachment": "a transit gateway",
    "AWS::EC2::VPNGateway": "a VPN gateway",
    "AWS::EC2::VPNConnection": "a VPN connection",
    "AWS::EC2::ClientVpnEndpoint": "a client VPN",
    "AWS::EC2::VPCEndpointService": "a service for other networks",
    "AWS::Lambda::Url": "a URL of a function",
    "AWS::EC2::NetworkAclEntry": "a rule of a network's access list",
    "AWS::ApiGateway::RestApi": "an API",
    "AWS::ApiGatewayV2::Api": "an API",
}
# What a route may lead to beside the internet.
_WAYS = (
    *("VpcPeeringConnectionId", "TransitGatewayId", "CoreNetworkArn", "CarrierGatewayId"),
    *("LocalGatewayId", "InstanceId", "NetworkInterfaceId", "VpcEndpointId"),
)
# Where the subnets and groups of a resource stand, by type.
_PLACES: dict[str, tuple[tuple[str, ...], ...]] = {
    "AWS::SageMaker::Model": (("VpcConfig", "Subnets"), ("VpcConfig", "SecurityGroupIds")),
    "AWS::Lambda::Function": (("VpcConfig", "SubnetIds"), ("VpcConfig", "SecurityGroupIds")),
    "AWS::AutoScaling::AutoScalingGroup": (("VPCZoneIdentifier",),),
    "AWS::EC2::LaunchTemplate": (("LaunchTemplateData", "SecurityGroupIds"),),
    "AWS::EC2::Instance": (("SubnetId",), ("SecurityGroupIds",)),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (("Subnets",), ("SecurityGroups",)),
    "AWS::EC2::VPCEndpoint": (("SubnetIds",), ("SecurityGroupIds",)),
    "AWS::ECS::Service": (
        ("NetworkConfiguration", "AwsvpcConfiguration", "Subnets"),
        ("NetworkConfiguration", "AwsvpcConfiguration", "SecurityGroups"),
    ),
}


def network_findings(comparison: Comparison) -> Iterator[Finding]:
    """Everything that can be reached from, or can reach, more places than before."""
    yield from _rules(comparison)
    yield from _doors(comparison)
    yield from _public_subnets(comparison)
    yield from _places(comparison)


def _rules(comparison: Comparison) -> Iterator[Finding]:
    old = [*security_rules(comparison.before, comparison.old)]
    groups, all_groups = (
        {key for key, _ in side.of_type("AWS::EC2::SecurityGroup")}
        for side in (comparison.before, comparison.after)
    )
    new = set(security_rules(comparison.after, comparison.new))
    for rule in sorted(new, key=lambda each: (each.group, each.direction, each.text)):
        if any(each.covers(rule) for each in old):
            continue
        # a new group reaches out as its workload does; who may come in is what counts
        is_new = rule.group in all_groups - groups
        if is_new and not (rule.direction == "in" and rule.is_from_outside):
            continue
        stack, logical_id = rule.group
        text = f"lets {'in' if rule.direction == 'in' else 'out'} {rule.text}"
        yield Finding(
            kind="network",
            stack=stack,
            resource=logical_id,
            type="AWS::EC2::SecurityGroup",
            text=f"{text}, the whole internet" if rule.is_open else text,
        )


def _doors(comparison: Comparison) -> Iterator[Finding]:
    new_network = not any(comparison.before.of_type("AWS::EC2::VPC"))
    for change in comparison.of_type(*_DOORS):
        if change.action == "added" and not (
            new_network and change.type == "AWS::EC2::InternetGateway"
        ):
            yield finding("network", change, f"adds {_DOORS[change.type]}")
    for route in comparison.of_type("AWS::EC2::Route"):
        old, new = (side.get("Properties", {}) for side in (route.before, route.after))
        for name in _WAYS:
            if name in new and name not in old:
                text = f"leads to another network: {comparison.new.text(route.key[0], new[name])}"
                yield finding("network", route, text)


def _public_subnets(comparison: Comparison) -> Iterator[Finding]:
    """Subnets that were there and had no route to an internet gateway."""
    were, are = (
        public_subnets(comparison.before, comparison.old),
        public_subnets(comparison.after, comparison.new),
    )
    there = comparison.before.resources()
    for key in sorted(are - were):
        if key in there:
            yield Finding(
                kind="network",
                stack=key[0],
                resource=key[1],
                type="AWS::EC2::Subnet",
                text="becomes public: its route table leads to an internet gateway",
            )


def public_subnets(side: Assembly, references: References) -> set[Key]:
    """The subnets whose route table has an internet gateway."""
    gateways = {key for key, _ in side.of_type("AWS::EC2::InternetGateway")}
    tables = {
        references.one(key[0], properties.get("RouteTableId"))
        for key, properties in side.of_type("AWS::EC2::Route")
        if references.one(key[0], properties.get("GatewayId")) in gateways
        or str(properties.get("GatewayId")).startswith("igw-")
    }
    associated = (
        (
            references.one(key[0], properties.get("SubnetId")),
            references.one(key[0], properties.get("RouteTableId")),
        )
        for key, properties in side.of_type("AWS::EC2::SubnetRouteTableAssociation")
    )
    return {subnet for subnet, table in associated if subnet is not None and table in tables}


def _places(comparison: Comparison) -> Iterator[Finding]:
    """Workloads that move into other subnets or behind other groups, or out of the network."""
    public = public_subnets(comparison.after, comparison.new)
    for change in comparison.of_type(*_PLACES):
        if not (change.before and change.after):
            continue
        stack = change.key[0]
        for path in _PLACES[change.type]:
            had = _named(comparison.old, stack, change.before["Properties"], path)
            has = _named(comparison.new, stack, change.after.get("Properties", {}), path)
            name = ".".join(path)
            if had and not has:
                yield finding("network", change, f"leaves the network: {name} is gone")
            elif "Group" in path[-1] and had != has:
                less = sorted(set(had) - set(has)) or sorted(set(has) - set(had))
                if less:
                    yield finding("network", change, f"is behind other groups: {', '.join(has)}")
            elif "Group" not in path[-1]:
                moved = sorted(
                    text for text, key in has.items() if text not in had and key in public
                )
                if moved and change.type != "AWS::ElasticLoadBalancingV2::LoadBalancer":
                    yield finding("network", change, f"moves into public {', '.join(moved)}")
                unknown = sorted(
                    text for text, key in has.items() if text not in had and key is None
                )
                if unknown:
                    text = f"moves into subnets of no template: {', '.join(unknown)}"
                    yield finding("network", change, text)


def _named(
    references: References, stack: str, properties: Any, path: tuple[str, ...]
) -> dict[str, Key | None]:
    value = properties
    for name in path:
        value = value.get(name, {}) if isinstance(value, dict) else {}
    items = value if isinstance(value, list) else [value] if value else []
    return {references.text(stack, item): references.one(stack, item) for item in items}
