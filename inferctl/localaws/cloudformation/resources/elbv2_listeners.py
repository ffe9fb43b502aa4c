"""Elastic Load Balancing: listeners, their rules and further certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inferctl.localaws.cloudformation.errors import NotEmulatedError
from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, changed_names, names, without
from .elbv2_load_balancers import changed_attributes, tag_balancing
from .fit import call
from .table import change_tags

# docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html
_DEFAULT_ATTRIBUTES = {"tcp.idle_timeout.seconds": "350"}
_LISTENER = names("AlpnPolicy Certificates DefaultActions Port Protocol SslPolicy")


def _set_attributes(request: Request, arn: str, old: Mapping[str, Any]) -> None:
    changes = changed_attributes(old, request.properties, "ListenerAttributes", _DEFAULT_ATTRIBUTES)
    if changes:
        request.client("elbv2").modify_listener_attributes(ListenerArn=arn, Attributes=changes)


def _one_certificate(request: Request) -> None:
    if len(request.properties.get("Certificates", [])) > 1:
        # the API takes one, with an error of this meaning
        raise NotEmulatedError(f"more than one certificate in property {request.type}.Certificates")


def _create_listener(request: Request) -> Made:
    _one_certificate(request)
    arguments = without(request.properties, "ListenerAttributes", "Tags")
    arn = call(request, "elbv2", "create_listener", arguments)["Listeners"][0]["ListenerArn"]
    request.announce(arn)
    _set_attributes(request, arn, {})
    change_tags(tag_balancing, request, arn, {})
    return Made(arn, {"ListenerArn": arn})


def _update_listener(request: Request, live: LiveResource) -> Made:
    _one_certificate(request)
    arn, properties = live.physical_id, request.properties
    changed = changed_names(live.properties, properties) & _LISTENER
    gone = sorted(changed - properties.keys())
    if gone:
        raise NotEmulatedError(f"taking property {request.type}.{gone[0]} out")
    if changed:
        arguments = {name: properties[name] for name in changed}
        call(request, "elbv2", "modify_listener", arguments, ListenerArn=arn)
    _set_attributes(request, arn, live.properties)
    change_tags(tag_balancing, request, arn, live.properties)
    return Made(arn, live.attributes)


def _delete_listener(request: Request, live: LiveResource) -> None:
    request.client("elbv2").delete_listener(ListenerArn=live.physical_id)


def _create_rule(request: Request) -> Made:
    arguments = without(request.properties, "Tags")
    arn = call(request, "elbv2", "create_rule", arguments)["Rules"][0]["RuleArn"]
    request.announce(arn)
    change_tags(tag_balancing, request, arn, {})
    return Made(arn, {"RuleArn": arn, "IsDefault": False})


def _update_rule(request: Request, live: LiveResource) -> Made:
    arn, properties = live.physical_id, request.properties
    changed = changed_names(live.properties, properties)
    if "Priority" in changed:
        priority = {"RuleArn": arn, "Priority": int(properties["Priority"])}
        request.client("elbv2").set_rule_priorities(RulePriorities=[priority])
    if changed & {"Actions", "Conditions"}:
        arguments = {name: properties[name] for name in ("Actions", "Conditions")}
        call(request, "elbv2", "modify_rule", arguments, RuleArn=arn)
    change_tags(tag_balancing, request, arn, live.properties)
    return Made(arn, live.attributes)


def _delete_rule(request: Request, live: LiveResource) -> None:
    request.client("elbv2").delete_rule(RuleArn=live.physical_id)


def _arns(properties: Mapping[str, Any]) -> list[str]:
    return [item["CertificateArn"] for item in properties["Certificates"]]


def _change_certificates(request: Request, verb: str, arns: list[str]) -> None:
    if arns:
        getattr(request.client("elbv2"), f"{verb}_listener_certificates")(
            ListenerArn=request.properties["ListenerArn"],
            Certificates=[{"CertificateArn": arn} for arn in arns],
        )


def _create_certificates(request: Request) -> Made:
    _change_certificates(request, "add", _arns(request.properties))
    physical_id = request.name(128)
    return Made(physical_id, {"Id": physical_id})


def _update_certificates(request: Request, live: LiveResource) -> Made:
    before, after = _arns(live.properties), _arns(request.properties)
    _change_certificates(request, "remove", [arn for arn in before if arn not in after])
    _change_certificates(request, "add", [arn for arn in after if arn not in before])
    return Made(live.physical_id, live.attributes)


def _delete_certificates(request: Request, live: LiveResource) -> None:
    _change_certificates(request, "remove", _arns(live.properties))


TYPES: dict[str, ResourceType] = {
    "AWS::ElasticLoadBalancingV2::Listener": ResourceType(
        _create_listener,
        _delete_listener,
        _LISTENER | names("ListenerAttributes LoadBalancerArn Tags"),
        update=_update_listener,
        replace_on=names("LoadBalancerArn"),
    ),
    "AWS::ElasticLoadBalancingV2::ListenerRule": ResourceType(
        _create_rule,
        _delete_rule,
        names("Actions Conditions ListenerArn Priority Tags"),
        update=_update_rule,
        replace_on=names("ListenerArn"),
    ),
    "AWS::ElasticLoadBalancingV2::ListenerCertificate": ResourceType(
        _create_certificates,
        _delete_certificates,
        names("Certificates ListenerArn"),
        update=_update_certificates,
        replace_on=names("ListenerArn"),
    ),
}
