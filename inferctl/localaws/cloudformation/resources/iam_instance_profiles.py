"""IAM: instance profiles."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, names, unless_gone, without
from .fit import call


def _set_roles(request: Request, profile: str, old: Iterable[str], new: Iterable[str]) -> None:
    client, before, after = request.client("iam"), set(old), set(new)
    for role in sorted(before - after):
        remove = client.remove_role_from_instance_profile
        unless_gone(partial(remove, InstanceProfileName=profile, RoleName=role))
    for role in sorted(after - before):
        client.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)


def _create(request: Request) -> Made:
    arguments = without(request.properties, "Roles")
    arguments.setdefault("InstanceProfileName", request.name(128))
    profile = call(request, "iam", "create_instance_profile", arguments)["InstanceProfile"]
    name = profile["InstanceProfileName"]
    request.announce(name)
    _set_roles(request, name, [], request.properties["Roles"])
    return Made(name, {"Arn": profile["Arn"]})


def _update(request: Request, live: LiveResource) -> Made:
    roles = request.properties["Roles"]
    _set_roles(request, live.physical_id, live.properties["Roles"], roles)
    return Made(live.physical_id, live.attributes)


def _delete(request: Request, live: LiveResource) -> None:
    _set_roles(request, live.physical_id, live.properties["Roles"], [])
    request.client("iam").delete_instance_profile(InstanceProfileName=live.physical_id)


TYPES: dict[str, ResourceType] = {
    "AWS::IAM::InstanceProfile": ResourceType(
        _create,
        _delete,
        names("InstanceProfileName Path Roles"),
        update=_update,
        replace_on=names("InstanceProfileName Path"),
    ),
}
