"""Systems Manager: parameters."""

from __future__ import annotations

from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, names, without
from .fit import call
from .table import change_tags


def _tag(request: Request, name: str, added: list[dict[str, str]], removed: list[str]) -> None:
    client, of = request.client("ssm"), {"ResourceType": "Parameter", "ResourceId": name}
    if removed:
        client.remove_tags_from_resource(TagKeys=removed, **of)
    if added:
        client.add_tags_to_resource(Tags=added, **of)


def _put(request: Request, name: str, *, overwrite: bool) -> Made:
    arguments = without(request.properties, "Tags") | {"Name": name}
    call(request, "ssm", "put_parameter", arguments, Overwrite=overwrite)
    return Made(name, {"Type": request.properties["Type"], "Value": request.properties["Value"]})


def _create(request: Request) -> Made:
    name = request.properties.get("Name") or request.name(255)
    made = _put(request, name, overwrite=False)
    request.announce(name)
    change_tags(_tag, request, name, {})
    return made


def _update(request: Request, live: LiveResource) -> Made:
    made = _put(request, live.physical_id, overwrite=True)
    change_tags(_tag, request, live.physical_id, live.properties)
    return made


def _delete(request: Request, live: LiveResource) -> None:
    request.client("ssm").delete_parameter(Name=live.physical_id)


TYPES: dict[str, ResourceType] = {
    "AWS::SSM::Parameter": ResourceType(
        _create,
        _delete,
        names("AllowedPattern DataType Description Name Policies Tags Tier Type Value"),
        update=_update,
        replace_on=names("Name"),
    ),
}
