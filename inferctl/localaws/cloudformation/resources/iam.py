"""IAM: roles, inline policies, managed policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, changed_names, names, unless_gone, without
from .fit import call
from .table import change_tags

_ATTACHED = {"Roles": "role", "Users": "user", "Groups": "group"}


def _tag_role(request: Request, role: str, added: list[dict[str, str]], removed: list[str]) -> None:
    client = request.client("iam")
    if removed:
        client.untag_role(RoleName=role, TagKeys=removed)
    if added:
        client.tag_role(RoleName=role, Tags=added)


def _inline(properties: Mapping[str, Any]) -> dict[str, str]:
    return {
        policy["PolicyName"]: json.dumps(policy["PolicyDocument"])
        for policy in properties.get("Policies", [])
    }


def _set_role_policies(request: Request, role: str, old: Mapping[str, Any]) -> None:
    client = request.client("iam")
    before, after = _inline(old), _inline(request.properties)
    for name in before.keys() - after.keys():
        unless_gone(partial(client.delete_role_policy, RoleName=role, PolicyName=name))
    for name, document in after.items():
        if before.get(name) != document:
            client.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
    attached = set(old.get("ManagedPolicyArns", []))
    wanted = set(request.properties.get("ManagedPolicyArns", []))
    for arn in sorted(attached - wanted):
        unless_gone(partial(client.detach_role_policy, RoleName=role, PolicyArn=arn))
    for arn in sorted(wanted - attached):
        client.attach_role_policy(RoleName=role, PolicyArn=arn)


def _create_role(request: Request) -> Made:
    arguments = without(request.properties, "Policies", "ManagedPolicyArns", "Tags")
    arguments.setdefault("RoleName", request.name(64))
    role = call(request, "iam", "create_role", arguments)["Role"]
    request.announce(role["RoleName"])
    _set_role_policies(request, role["RoleName"], {})
    change_tags(_tag_role, request, role["RoleName"], {})
    return Made(role["RoleName"], {"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _update_role(request: Request, live: LiveResource) -> Made:
    client, role = request.client("iam"), live.physical_id
    properties, changed = request.properties, changed_names(live.properties, request.properties)
    if "AssumeRolePolicyDocument" in changed:
        client.update_assume_role_policy(
            RoleName=role, PolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"])
        )
    if changed & {"Description", "MaxSessionDuration"}:
        client.update_role(
            RoleName=role,
            Description=properties.get("Description", ""),
            MaxSessionDuration=int(properties.get("MaxSessionDuration", 3600)),
        )
    if "PermissionsBoundary" in changed:
        if "PermissionsBoundary" in properties:
            client.put_role_permissions_boundary(
                RoleName=role, PermissionsBoundary=properties["PermissionsBoundary"]
            )
        else:
            client.delete_role_permissions_boundary(RoleName=role)
    _set_role_policies(request, role, live.properties)
    change_tags(_tag_role, request, role, live.properties)
    return Made(role, live.attributes)


def _delete_role(request: Request, live: LiveResource) -> None:
    client, role = request.client("iam"), live.physical_id
    for name in _inline(live.properties):
        unless_gone(partial(client.delete_role_policy, RoleName=role, PolicyName=name))
    for arn in live.properties.get("ManagedPolicyArns", []):
        unless_gone(partial(client.detach_role_policy, RoleName=role, PolicyArn=arn))
    client.delete_role(RoleName=role)


def _holders(properties: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(kind, name) for key, kind in _ATTACHED.items() for name in properties.get(key, [])}


def _put_inline(request: Request, holders: set[tuple[str, str]]) -> None:
    for kind, holder in sorted(holders):
        getattr(request.client("iam"), f"put_{kind}_policy")(
            **{f"{kind.title()}Name": holder},
            PolicyName=request.properties["PolicyName"],
            PolicyDocument=json.dumps(request.properties["PolicyDocument"]),
        )


def _delete_inline(request: Request, name: str, holders: set[tuple[str, str]]) -> None:
    for kind, holder in sorted(holders):
        delete = getattr(request.client("iam"), f"delete_{kind}_policy")
        unless_gone(partial(delete, **{f"{kind.title()}Name": holder}, PolicyName=name))


def _create_policy(request: Request) -> Made:
    _put_inline(request, _holders(request.properties))
    physical_id = request.name(128)
    return Made(physical_id, {"Id": physical_id})


def _update_policy(request: Request, live: LiveResource) -> Made:
    wanted = _holders(request.properties)
    _put_inline(request, wanted)
    name = live.properties["PolicyName"]
    renamed = name != request.properties["PolicyName"]
    held = _holders(live.properties)
    _delete_inline(request, name, held if renamed else held - wanted)
    return Made(live.physical_id, live.attributes)


def _delete_policy(request: Request, live: LiveResource) -> None:
    _delete_inline(request, live.properties["PolicyName"], _holders(live.properties))


def _detach_managed(request: Request, arn: str, holders: set[tuple[str, str]]) -> None:
    for kind, holder in sorted(holders):
        detach = getattr(request.client("iam"), f"detach_{kind}_policy")
        unless_gone(partial(detach, **{f"{kind.title()}Name": holder}, PolicyArn=arn))


def _attach_managed(request: Request, arn: str, old: Mapping[str, Any]) -> None:
    before, after = _holders(old), _holders(request.properties)
    _detach_managed(request, arn, before - after)
    for kind, holder in sorted(after - before):
        attach = getattr(request.client("iam"), f"attach_{kind}_policy")
        attach(**{f"{kind.title()}Name": holder}, PolicyArn=arn)


def _create_managed(request: Request) -> Made:
    arguments = without(request.properties, *_ATTACHED, "ManagedPolicyName")
    arguments["PolicyName"] = request.properties.get("ManagedPolicyName") or request.name(128)
    policy = call(request, "iam", "create_policy", arguments)["Policy"]
    request.announce(policy["Arn"])
    _attach_managed(request, policy["Arn"], {})
    return Made(policy["Arn"], {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]})


def _update_managed(request: Request, live: LiveResource) -> Made:
    client, arn = request.client("iam"), live.physical_id
    if "PolicyDocument" in changed_names(live.properties, request.properties):
        for version in client.list_policy_versions(PolicyArn=arn)["Versions"]:
            # IAM keeps five versions at most
            if not version["IsDefaultVersion"]:
                client.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        client.create_policy_version(
            PolicyArn=arn,
            PolicyDocument=json.dumps(request.properties["PolicyDocument"]),
            SetAsDefault=True,
        )
    _attach_managed(request, arn, live.properties)
    return Made(arn, live.attributes)


def _delete_managed(request: Request, live: LiveResource) -> None:
    client, arn = request.client("iam"), live.physical_id
    _detach_managed(request, arn, _holders(live.properties))
    for version in client.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            client.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    client.delete_policy(PolicyArn=arn)


TYPES: dict[str, ResourceType] = {
    "AWS::IAM::Role": ResourceType(
        _create_role,
        _delete_role,
        names(
            "AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration Path"
            " PermissionsBoundary Policies RoleName Tags"
        ),
        update=_update_role,
        replace_on=names("RoleName Path"),
    ),
    "AWS::IAM::Policy": ResourceType(
        _create_policy,
        _delete_policy,
        names("PolicyDocument PolicyName Roles Users Groups"),
        update=_update_policy,
    ),
    "AWS::IAM::ManagedPolicy": ResourceType(
        _create_managed,
        _delete_managed,
        names("Description Groups ManagedPolicyName Path PolicyDocument Roles Users"),
        update=_update_managed,
        replace_on=names("Description ManagedPolicyName Path"),
    ),
}
