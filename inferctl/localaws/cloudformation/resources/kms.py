"""KMS: keys and aliases."""

from __future__ import annotations

import json

from inferctl.localaws.cloudformation.model import LiveResource
from inferctl.localaws.cloudformation.values import as_bool

from .base import Made, Request, ResourceType, changed_names, names, without
from .fit import call
from .table import change_tags

# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
_DEFAULT_PENDING_DAYS = 30
_APART = ("EnableKeyRotation", "KeyPolicy", "PendingWindowInDays", "RotationPeriodInDays", "Tags")


def _tag_key(
    request: Request, key_id: str, added: list[dict[str, str]], removed: list[str]
) -> None:
    client = request.client("kms")
    if removed:
        client.untag_resource(KeyId=key_id, TagKeys=removed)
    if added:
        client.tag_resource(
            KeyId=key_id,
            Tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in added],
        )


def _set_rotation(request: Request, key_id: str) -> None:
    client, properties = request.client("kms"), request.properties
    if not as_bool(properties.get("EnableKeyRotation", False)):
        client.disable_key_rotation(KeyId=key_id)
    elif "RotationPeriodInDays" in properties:
        client.enable_key_rotation(
            KeyId=key_id, RotationPeriodInDays=int(properties["RotationPeriodInDays"])
        )
    else:
        client.enable_key_rotation(KeyId=key_id)


def _create_key(request: Request) -> Made:
    arguments = without(request.properties, *_APART, "Enabled")
    if "KeyPolicy" in request.properties:
        arguments["Policy"] = request.properties["KeyPolicy"]
    key = call(request, "kms", "create_key", arguments)["KeyMetadata"]
    key_id = key["KeyId"]
    request.announce(key_id)
    if "EnableKeyRotation" in request.properties:
        _set_rotation(request, key_id)
    if not as_bool(request.properties.get("Enabled", True)):
        request.client("kms").disable_key(KeyId=key_id)
    change_tags(_tag_key, request, key_id, {})
    return Made(key_id, {"Arn": key["Arn"], "KeyId": key_id})


def _update_key(request: Request, live: LiveResource) -> Made:
    client, key_id, properties = request.client("kms"), live.physical_id, request.properties
    changed = changed_names(live.properties, properties)
    if "Description" in changed:
        client.update_key_description(KeyId=key_id, Description=properties.get("Description", ""))
    if "KeyPolicy" in changed and "KeyPolicy" in properties:
        client.put_key_policy(
            KeyId=key_id, PolicyName="default", Policy=json.dumps(properties["KeyPolicy"])
        )
    if changed & {"EnableKeyRotation", "RotationPeriodInDays"}:
        _set_rotation(request, key_id)
    if "Enabled" in changed:
        enabled = as_bool(properties.get("Enabled", True))
        (client.enable_key if enabled else client.disable_key)(KeyId=key_id)
    change_tags(_tag_key, request, key_id, live.properties)
    return Made(key_id, live.attributes)


def _delete_key(request: Request, live: LiveResource) -> None:
    days = int(live.properties.get("PendingWindowInDays", _DEFAULT_PENDING_DAYS))
    request.client("kms").schedule_key_deletion(KeyId=live.physical_id, PendingWindowInDays=days)


def _create_alias(request: Request) -> Made:
    call(request, "kms", "create_alias", request.properties)
    return Made(request.properties["AliasName"])


def _update_alias(request: Request, live: LiveResource) -> Made:
    call(request, "kms", "update_alias", request.properties)
    return Made(live.physical_id)


def _delete_alias(request: Request, live: LiveResource) -> None:
    request.client("kms").delete_alias(AliasName=live.physical_id)


TYPES: dict[str, ResourceType] = {
    "AWS::KMS::Key": ResourceType(
        _create_key,
        _delete_key,
        names("Description Enabled KeySpec KeyUsage MultiRegion") | frozenset(_APART),
        update=_update_key,
        replace_on=names("KeySpec KeyUsage MultiRegion"),
    ),
    "AWS::KMS::Alias": ResourceType(
        _create_alias,
        _delete_alias,
        names("AliasName TargetKeyId"),
        update=_update_alias,
        replace_on=names("AliasName"),
    ),
}
