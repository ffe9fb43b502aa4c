"""Elastic Load Balancing: application and network load balancers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from inferctl.localaws.cloudformation.errors import NotEmulatedError
from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, changed_names, names, without
from .fit import call
from .table import change_tags

# docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
_DEFAULT_ATTRIBUTES = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "dns_record.client_routing_policy": "any_availability_zone",
    "idle_timeout.timeout_seconds": "60",
    "load_balancing.cross_zone.enabled": "false",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
}


def tag_balancing(
    request: Request, arn: str, added: list[dict[str, str]], removed: list[str]
) -> None:
    """Tag anything of Elastic Load Balancing."""
    client = request.client("elbv2")
    if removed:
        client.remove_tags(ResourceArns=[arn], TagKeys=removed)
    if added:
        client.add_tags(ResourceArns=[arn], Tags=added)


def short_name(request: Request) -> str:
    """A generated name of at most 32 characters without a doubled hyphen."""
    return re.sub(r"-+", "-", request.name(32)).strip("-")


def changed_attributes(
    old: Mapping[str, Any], new: Mapping[str, Any], name: str, defaults: Mapping[str, str]
) -> list[dict[str, str]]:
    """The key-value pairs of property ``name`` that lead from ``old`` to ``new``.

    A key that is no longer there goes back to its default; raises `NotEmulatedError` where none
    is known.
    """
    before = {item["Key"]: str(item["Value"]) for item in old.get(name, [])}
    after = {item["Key"]: str(item["Value"]) for item in new.get(name, [])}
    for key in before.keys() - after.keys():
        if key not in defaults:
            raise NotEmulatedError(f"taking {key} out of property {name}")
        after[key] = defaults[key]
    return [
        {"Key": key, "Value": value} for key, value in after.items() if before.get(key) != value
    ]


def _set_attributes(request: Request, arn: str, old: Mapping[str, Any]) -> None:
    changes = changed_attributes(
        old, request.properties, "LoadBalancerAttributes", _DEFAULT_ATTRIBUTES
    )
    if changes:
        request.client("elbv2").modify_load_balancer_attributes(
            LoadBalancerArn=arn, Attributes=changes
        )


def _create(request: Request) -> Made:
    arguments = without(request.properties, "LoadBalancerAttributes", "Tags")
    arguments.setdefault("Name", short_name(request))
    arguments.setdefault("Scheme", "internet-facing")
    balancer = call(request, "elbv2", "create_load_balancer", arguments)["LoadBalancers"][0]
    arn = balancer["LoadBalancerArn"]
    request.announce(arn)
    _set_attributes(request, arn, {})
    change_tags(tag_balancing, request, arn, {})
    return Made(
        arn,
        {
            "LoadBalancerArn": arn,
            "LoadBalancerName": balancer["LoadBalancerName"],
            "LoadBalancerFullName": arn.partition(":loadbalancer/")[2],
            "DNSName": balancer["DNSName"],
            "CanonicalHostedZoneID": balancer["CanonicalHostedZoneId"],
            "SecurityGroups": request.properties.get("SecurityGroups", []),
        },
    )


def _update(request: Request, live: LiveResource) -> Made:
    client, properties = request.client("elbv2"), request.properties
    arn, changed = live.physical_id, changed_names(live.properties, properties)
    if "Subnets" in changed:
        client.set_subnets(LoadBalancerArn=arn, Subnets=properties["Subnets"])
    groups = properties.get("SecurityGroups", [])
    if "SecurityGroups" in changed:
        client.set_security_groups(LoadBalancerArn=arn, SecurityGroups=groups)
    if "IpAddressType" in changed:
        kind = properties.get("IpAddressType", "ipv4")
        client.set_ip_address_type(LoadBalancerArn=arn, IpAddressType=kind)
    _set_attributes(request, arn, live.properties)
    change_tags(tag_balancing, request, arn, live.properties)
    return Made(arn, {**live.attributes, "SecurityGroups": groups})


def _delete(request: Request, live: LiveResource) -> None:
    request.client("elbv2").delete_load_balancer(LoadBalancerArn=live.physical_id)


TYPES: dict[str, ResourceType] = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ResourceType(
        _create,
        _delete,
        names("IpAddressType LoadBalancerAttributes Name Scheme SecurityGroups Subnets Tags Type"),
        update=_update,
        replace_on=names("Name Scheme Type"),
    ),
}
