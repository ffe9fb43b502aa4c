"""EC2: networks, subnets, routes and gateways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inferctl.localaws.cloudformation.model import LiveResource
from inferctl.localaws.cloudformation.values import as_bool

from .base import Made, Request, ResourceType, changed_names, names, without
from .fit import call
from .table import change_tags, table_type


def tag(
    request: Request, physical_id: str, added: list[dict[str, str]], removed: list[str]
) -> None:
    """Tag anything that EC2 has an id for."""
    client = request.client("ec2")
    if removed:
        client.delete_tags(Resources=[physical_id], Tags=[{"Key": key} for key in removed])
    if added:
        client.create_tags(Resources=[physical_id], Tags=added)


def _set_vpc_dns(request: Request, vpc_id: str, changed: set[str]) -> None:
    for name, default in (("EnableDnsSupport", True), ("EnableDnsHostnames", False)):
        if name in changed:
            value = {"Value": as_bool(request.properties.get(name, default))}
            request.client("ec2").modify_vpc_attribute(VpcId=vpc_id, **{name: value})


def _create_vpc(request: Request) -> Made:
    arguments = without(request.properties, "EnableDnsSupport", "EnableDnsHostnames", "Tags")
    vpc = call(request, "ec2", "create_vpc", arguments)["Vpc"]
    vpc_id = vpc["VpcId"]
    request.announce(vpc_id)
    _set_vpc_dns(request, vpc_id, set(request.properties))
    change_tags(tag, request, vpc_id, {})
    client = request.client("ec2")
    by_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
    groups = client.describe_security_groups(
        Filters=[*by_vpc, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"]
    acls = client.describe_network_acls(Filters=by_vpc)["NetworkAcls"]
    return Made(
        vpc_id,
        {
            "VpcId": vpc_id,
            "CidrBlock": vpc["CidrBlock"],
            "CidrBlockAssociations": [
                item["AssociationId"] for item in vpc["CidrBlockAssociationSet"]
            ],
            "DefaultSecurityGroup": groups[0]["GroupId"],
            "DefaultNetworkAcl": acls[0]["NetworkAclId"],
        },
    )


def _update_vpc(request: Request, live: LiveResource) -> Made:
    changed = changed_names(live.properties, request.properties)
    _set_vpc_dns(request, live.physical_id, changed)
    change_tags(tag, request, live.physical_id, live.properties)
    return Made(live.physical_id, live.attributes)


def _delete_vpc(request: Request, live: LiveResource) -> None:
    request.client("ec2").delete_vpc(VpcId=live.physical_id)


def _set_public_ip(request: Request, subnet_id: str) -> None:
    value = as_bool(request.properties.get("MapPublicIpOnLaunch", False))
    request.client("ec2").modify_subnet_attribute(
        SubnetId=subnet_id, MapPublicIpOnLaunch={"Value": value}
    )


def _create_subnet(request: Request) -> Made:
    arguments = without(request.properties, "MapPublicIpOnLaunch", "Tags")
    subnet = call(request, "ec2", "create_subnet", arguments)["Subnet"]
    subnet_id = subnet["SubnetId"]
    request.announce(subnet_id)
    _set_public_ip(request, subnet_id)
    change_tags(tag, request, subnet_id, {})
    attributes = {name: subnet[name] for name in ("AvailabilityZone", "CidrBlock", "VpcId")}
    return Made(subnet_id, {"SubnetId": subnet_id, "Ipv6CidrBlocks": [], **attributes})


def _update_subnet(request: Request, live: LiveResource) -> Made:
    _set_public_ip(request, live.physical_id)
    change_tags(tag, request, live.physical_id, live.properties)
    return Made(live.physical_id, live.attributes)


def _delete_subnet(request: Request, live: LiveResource) -> None:
    request.client("ec2").delete_subnet(SubnetId=live.physical_id)


def _create_association(request: Request) -> Made:
    answer = call(request, "ec2", "associate_route_table", request.properties)
    return Made(answer["AssociationId"], {"Id": answer["AssociationId"]})


def _update_association(request: Request, live: LiveResource) -> Made:
    answer = request.client("ec2").replace_route_table_association(
        AssociationId=live.physical_id, RouteTableId=request.properties["RouteTableId"]
    )
    return Made(answer["NewAssociationId"], {"Id": answer["NewAssociationId"]})


def _delete_association(request: Request, live: LiveResource) -> None:
    client = request.client("ec2")
    by_id = [{"Name": "association.route-table-association-id", "Values": [live.physical_id]}]
    if client.describe_route_tables(Filters=by_id)["RouteTables"]:
        client.disassociate_route_table(AssociationId=live.physical_id)


_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


def _route_id(properties: Mapping[str, Any]) -> Made:
    destination = next(properties[name] for name in _DESTINATIONS if name in properties)
    return Made(f"{properties['RouteTableId']}|{destination}", {"CidrBlock": destination})


def _create_route(request: Request) -> Made:
    call(request, "ec2", "create_route", request.properties)
    return _route_id(request.properties)


def _update_route(request: Request, _live: LiveResource) -> Made:
    call(request, "ec2", "replace_route", request.properties)
    return _route_id(request.properties)


def _delete_route(request: Request, live: LiveResource) -> None:
    keys = ("RouteTableId", *_DESTINATIONS)
    wanted = {name: value for name, value in live.properties.items() if name in keys}
    call(request, "ec2", "delete_route", wanted)


def _attach(request: Request) -> Made:
    call(request, "ec2", "attach_internet_gateway", request.properties)
    return Made(f"IGW|{request.properties['VpcId']}", {"AttachmentType": "IGW"})


def _detach(request: Request, live: LiveResource) -> None:
    call(request, "ec2", "detach_internet_gateway", live.properties)


def _create_eip(request: Request) -> Made:
    answer = call(request, "ec2", "allocate_address", without(request.properties, "Tags"))
    change_tags(tag, request, answer["AllocationId"], {})
    return Made(
        answer["PublicIp"],
        {"AllocationId": answer["AllocationId"], "PublicIp": answer["PublicIp"]},
    )


def _update_eip(request: Request, live: LiveResource) -> Made:
    change_tags(tag, request, live.attributes["AllocationId"], live.properties)
    return Made(live.physical_id, live.attributes)


def _delete_eip(request: Request, live: LiveResource) -> None:
    request.client("ec2").release_address(AllocationId=live.attributes["AllocationId"])


TYPES: dict[str, ResourceType] = {
    "AWS::EC2::VPC": ResourceType(
        _create_vpc,
        _delete_vpc,
        names("CidrBlock EnableDnsHostnames EnableDnsSupport InstanceTenancy Tags"),
        update=_update_vpc,
        replace_on=names("CidrBlock InstanceTenancy"),
    ),
    "AWS::EC2::Subnet": ResourceType(
        _create_subnet,
        _delete_subnet,
        names("AvailabilityZone CidrBlock MapPublicIpOnLaunch VpcId Tags"),
        update=_update_subnet,
        replace_on=names("AvailabilityZone CidrBlock VpcId"),
    ),
    "AWS::EC2::RouteTable": table_type(
        "ec2",
        "VpcId Tags",
        create="create_route_table",
        delete="delete_route_table",
        id_argument="RouteTableId",
        id_path="RouteTable.RouteTableId",
        attributes={"RouteTableId": "RouteTable.RouteTableId"},
        tagger=tag,
    ),
    "AWS::EC2::SubnetRouteTableAssociation": ResourceType(
        _create_association,
        _delete_association,
        names("RouteTableId SubnetId"),
        update=_update_association,
        replace_on=names("SubnetId"),
    ),
    "AWS::EC2::Route": ResourceType(
        _create_route,
        _delete_route,
        names("RouteTableId GatewayId NatGatewayId VpcEndpointId") | frozenset(_DESTINATIONS),
        update=_update_route,
        replace_on=frozenset({"RouteTableId", *_DESTINATIONS}),
    ),
    "AWS::EC2::InternetGateway": table_type(
        "ec2",
        "Tags",
        create="create_internet_gateway",
        delete="delete_internet_gateway",
        id_argument="InternetGatewayId",
        id_path="InternetGateway.InternetGatewayId",
        attributes={"InternetGatewayId": "InternetGateway.InternetGatewayId"},
        tagger=tag,
    ),
    "AWS::EC2::VPCGatewayAttachment": ResourceType(
        _attach, _detach, names("InternetGatewayId VpcId")
    ),
    "AWS::EC2::EIP": ResourceType(
        _create_eip,
        _delete_eip,
        names("Domain Tags"),
        update=_update_eip,
        replace_on=names("Domain"),
    ),
    "AWS::EC2::NatGateway": table_type(
        "ec2",
        "AllocationId ConnectivityType SubnetId Tags",
        create="create_nat_gateway",
        delete="delete_nat_gateway",
        id_argument="NatGatewayId",
        id_path="NatGateway.NatGatewayId",
        attributes={"NatGatewayId": "NatGateway.NatGatewayId"},
        tagger=tag,
    ),
}
