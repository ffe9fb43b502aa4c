"""EC2: security groups and their rules, VPC endpoints, flow logs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from inferctl.localaws.cloudformation.errors import NotEmulatedError
from inferctl.localaws.cloudformation.model import LiveResource
from inferctl.localaws.cloudformation.values import as_list

from .base import Made, Request, ResourceType, names, unless_gone, without
from .ec2_network import tag
from .fit import call
from .table import change_tags

_OPEN = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
_PEERS = {
    "CidrIp": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
    "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
}
_RULE = names("IpProtocol FromPort ToPort Description GroupId") | frozenset(_PEERS)


def _permission(rule: Mapping[str, Any], path: str) -> dict[str, Any]:
    """One rule of a template as an IpPermission of the API."""
    unknown = sorted(rule.keys() - _RULE)
    if unknown:
        raise NotEmulatedError(f"property {path}.{unknown[0]}")
    permission: dict[str, Any] = {"IpProtocol": str(rule["IpProtocol"])}
    for port in ("FromPort", "ToPort"):
        if port in rule:
            permission[port] = int(rule[port])
    for name, (group, member) in _PEERS.items():
        if name in rule:
            peer = {member: rule[name]}
            if "Description" in rule:
                peer["Description"] = rule["Description"]
            permission[group] = [peer]
    return permission


def _change_rules(
    request: Request, group_id: str, verb: str, direction: str, rules: list[Any]
) -> None:
    if rules:
        path = f"{request.type}.SecurityGroup{direction.title()}"
        method = getattr(request.client("ec2"), f"{verb}_security_group_{direction}")
        permissions = [_permission(rule, path) for rule in rules]
        change = partial(method, GroupId=group_id, IpPermissions=permissions)
        if verb == "revoke":
            unless_gone(change)
        else:
            change()


def _inline_rules(request: Request, group_id: str, old: Mapping[str, Any]) -> None:
    for direction in ("ingress", "egress"):
        name = f"SecurityGroup{direction.title()}"
        before, after = as_list(old.get(name, [])), as_list(request.properties.get(name, []))
        gone = [rule for rule in before if rule not in after]
        _change_rules(request, group_id, "revoke", direction, gone)
        added = [rule for rule in after if rule not in before]
        _change_rules(request, group_id, "authorize", direction, added)


def _create_group(request: Request) -> Made:
    inline = ("SecurityGroupIngress", "SecurityGroupEgress", "Tags")
    arguments = without(request.properties, *inline, "GroupDescription")
    arguments["Description"] = request.properties["GroupDescription"]
    arguments.setdefault("GroupName", request.name(255))
    group_id = call(request, "ec2", "create_security_group", arguments)["GroupId"]
    request.announce(group_id)
    if "SecurityGroupEgress" in request.properties:
        # egress rules of the template take the place of "allow all"
        request.client("ec2").revoke_security_group_egress(GroupId=group_id, IpPermissions=[_OPEN])
    _inline_rules(request, group_id, {})
    change_tags(tag, request, group_id, {})
    return Made(
        group_id,
        {"GroupId": group_id, "Id": group_id, "VpcId": request.properties.get("VpcId", "")},
    )


def _update_group(request: Request, live: LiveResource) -> Made:
    _inline_rules(request, live.physical_id, live.properties)
    change_tags(tag, request, live.physical_id, live.properties)
    return Made(live.physical_id, live.attributes)


def _delete_group(request: Request, live: LiveResource) -> None:
    request.client("ec2").delete_security_group(GroupId=live.physical_id)


def _rule_type(direction: str) -> ResourceType:
    def change(request: Request, verb: str, rule: dict[str, Any]) -> None:
        _change_rules(request, rule["GroupId"], verb, direction, [rule])

    def create(request: Request) -> Made:
        change(request, "authorize", request.properties)
        rule_id = request.name(64)
        return Made(rule_id, {"Id": rule_id})

    def update(request: Request, live: LiveResource) -> Made:
        # in this order, because a rule that differs in its text alone counts as a duplicate
        change(request, "revoke", live.properties)
        change(request, "authorize", request.properties)
        return Made(live.physical_id, live.attributes)

    def delete(request: Request, live: LiveResource) -> None:
        change(request, "revoke", live.properties)

    return ResourceType(create, delete, _RULE, update=update, replace_on=names("GroupId"))


_ENDPOINT_CHANGES = names("PolicyDocument PrivateDnsEnabled")


def _create_endpoint(request: Request) -> Made:
    arguments = without(request.properties, "Tags")
    endpoint = call(request, "ec2", "create_vpc_endpoint", arguments)["VpcEndpoint"]
    endpoint_id = endpoint["VpcEndpointId"]
    request.announce(endpoint_id)
    change_tags(tag, request, endpoint_id, {})
    entries = [
        f"{entry.get('HostedZoneId', '')}:{entry.get('DnsName', '')}"
        for entry in endpoint.get("DnsEntries", [])
    ]
    return Made(
        endpoint_id,
        {
            "Id": endpoint_id,
            "DnsEntries": entries,
            "NetworkInterfaceIds": endpoint.get("NetworkInterfaceIds", []),
            "CreationTimestamp": str(endpoint.get("CreationTimestamp", "")),
        },
    )


def _update_endpoint(request: Request, live: LiveResource) -> Made:
    arguments = {
        name: value for name, value in request.properties.items() if name in _ENDPOINT_CHANGES
    }
    for name in ("RouteTableIds", "SubnetIds", "SecurityGroupIds"):
        old, new = live.properties.get(name, []), request.properties.get(name, [])
        added, gone = [i for i in new if i not in old], [i for i in old if i not in new]
        singular = name.removesuffix("Ids")
        if added:
            arguments[f"Add{singular}Ids"] = added
        if gone:
            arguments[f"Remove{singular}Ids"] = gone
    call(request, "ec2", "modify_vpc_endpoint", arguments, VpcEndpointId=live.physical_id)
    change_tags(tag, request, live.physical_id, live.properties)
    return Made(live.physical_id, live.attributes)


def _delete_endpoint(request: Request, live: LiveResource) -> None:
    request.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[live.physical_id])


def _create_flow_log(request: Request) -> Made:
    arguments = without(request.properties, "ResourceId", "Tags")
    arguments["ResourceIds"] = [request.properties["ResourceId"]]
    answer = call(request, "ec2", "create_flow_logs", arguments)
    flow_log_id = answer["FlowLogIds"][0]
    change_tags(tag, request, flow_log_id, {})
    return Made(flow_log_id, {"Id": flow_log_id})


def _update_flow_log(request: Request, live: LiveResource) -> Made:
    change_tags(tag, request, live.physical_id, live.properties)
    return Made(live.physical_id, live.attributes)


def _delete_flow_log(request: Request, live: LiveResource) -> None:
    request.client("ec2").delete_flow_logs(FlowLogIds=[live.physical_id])


_FLOW_LOG = names(
    "DeliverLogsPermissionArn LogDestination LogDestinationType LogFormat LogGroupName"
    " MaxAggregationInterval ResourceId ResourceType TrafficType"
)

TYPES: dict[str, ResourceType] = {
    "AWS::EC2::SecurityGroup": ResourceType(
        _create_group,
        _delete_group,
        names("GroupDescription GroupName VpcId SecurityGroupIngress SecurityGroupEgress Tags"),
        update=_update_group,
        replace_on=names("GroupDescription GroupName VpcId"),
    ),
    "AWS::EC2::SecurityGroupIngress": _rule_type("ingress"),
    "AWS::EC2::SecurityGroupEgress": _rule_type("egress"),
    "AWS::EC2::VPCEndpoint": ResourceType(
        _create_endpoint,
        _delete_endpoint,
        names("PolicyDocument PrivateDnsEnabled RouteTableIds SecurityGroupIds ServiceName")
        | names("SubnetIds VpcEndpointType VpcId Tags"),
        update=_update_endpoint,
        replace_on=names("ServiceName VpcEndpointType VpcId"),
    ),
    "AWS::EC2::FlowLog": ResourceType(
        _create_flow_log,
        _delete_flow_log,
        _FLOW_LOG | {"Tags"},
        update=_update_flow_log,
        replace_on=_FLOW_LOG,
    ),
}
