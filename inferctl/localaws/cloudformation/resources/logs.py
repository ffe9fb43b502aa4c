"""CloudWatch Logs: log groups."""

from __future__ import annotations

from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, changed_names, names
from .table import change_tags, tag_map


def _arn(request: Request, group: str) -> str:
    return request.arn("logs", f"log-group:{group}")


def _tag(request: Request, group: str, added: list[dict[str, str]], removed: list[str]) -> None:
    client, arn = request.client("logs"), _arn(request, group)
    if removed:
        client.untag_resource(resourceArn=arn, tagKeys=removed)
    if added:
        client.tag_resource(resourceArn=arn, tags=tag_map(added))


def _set_retention(request: Request, group: str) -> None:
    days = request.properties.get("RetentionInDays")
    client = request.client("logs")
    if days is None:
        client.delete_retention_policy(logGroupName=group)
    else:
        client.put_retention_policy(logGroupName=group, retentionInDays=int(days))


def _create(request: Request) -> Made:
    group = request.properties.get("LogGroupName") or request.name(512)
    options = {
        api: request.properties[name]
        for name, api in (("KmsKeyId", "kmsKeyId"), ("LogGroupClass", "logGroupClass"))
        if name in request.properties
    }
    request.client("logs").create_log_group(logGroupName=group, **options)
    request.announce(group)
    if "RetentionInDays" in request.properties:
        _set_retention(request, group)
    change_tags(_tag, request, group, {})
    return Made(group, {"Arn": _arn(request, f"{group}:*")})


def _update(request: Request, live: LiveResource) -> Made:
    group, client = live.physical_id, request.client("logs")
    changed = changed_names(live.properties, request.properties)
    if "RetentionInDays" in changed:
        _set_retention(request, group)
    if "KmsKeyId" in changed:
        if "KmsKeyId" in request.properties:
            client.associate_kms_key(logGroupName=group, kmsKeyId=request.properties["KmsKeyId"])
        else:
            client.disassociate_kms_key(logGroupName=group)
    change_tags(_tag, request, group, live.properties)
    return Made(group, live.attributes)


def _delete(request: Request, live: LiveResource) -> None:
    request.client("logs").delete_log_group(logGroupName=live.physical_id)


TYPES: dict[str, ResourceType] = {
    "AWS::Logs::LogGroup": ResourceType(
        _create,
        _delete,
        names("KmsKeyId LogGroupClass LogGroupName RetentionInDays Tags"),
        update=_update,
        replace_on=names("LogGroupClass LogGroupName"),
    ),
}
