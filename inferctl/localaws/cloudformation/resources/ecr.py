"""ECR: repositories."""

from __future__ import annotations

import json

from inferctl.localaws.cloudformation.model import LiveResource
from inferctl.localaws.cloudformation.values import as_bool

from .base import Made, Request, ResourceType, changed_names, names, unless_gone, without
from .fit import call
from .table import change_tags

_APART = ("RepositoryPolicyText", "LifecyclePolicy", "EmptyOnDelete", "Tags")


def _tag(request: Request, arn: str, added: list[dict[str, str]], removed: list[str]) -> None:
    client = request.client("ecr")
    if removed:
        client.untag_resource(resourceArn=arn, tagKeys=removed)
    if added:
        client.tag_resource(resourceArn=arn, tags=added)


def _set_policies(request: Request, name: str, changed: set[str]) -> None:
    client, properties = request.client("ecr"), request.properties
    if "RepositoryPolicyText" in changed:
        if "RepositoryPolicyText" in properties:
            client.set_repository_policy(
                repositoryName=name, policyText=json.dumps(properties["RepositoryPolicyText"])
            )
        else:
            unless_gone(lambda: client.delete_repository_policy(repositoryName=name))
    if "LifecyclePolicy" in changed:
        if "LifecyclePolicy" in properties:
            text = properties["LifecyclePolicy"]["LifecyclePolicyText"]
            client.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=text)
        else:
            unless_gone(lambda: client.delete_lifecycle_policy(repositoryName=name))


def _create(request: Request) -> Made:
    arguments = without(request.properties, *_APART)
    arguments.setdefault("RepositoryName", request.name(256, lower=True))
    repository = call(request, "ecr", "create_repository", arguments)["repository"]
    name = repository["repositoryName"]
    request.announce(name)
    _set_policies(request, name, set(request.properties))
    change_tags(_tag, request, repository["repositoryArn"], {})
    return Made(
        name,
        {"Arn": repository["repositoryArn"], "RepositoryUri": repository["repositoryUri"]},
    )


def _update(request: Request, live: LiveResource) -> Made:
    name, client = live.physical_id, request.client("ecr")
    changed = changed_names(live.properties, request.properties)
    _set_policies(request, name, changed)
    if "ImageTagMutability" in changed:
        mutability = request.properties.get("ImageTagMutability", "MUTABLE")
        client.put_image_tag_mutability(repositoryName=name, imageTagMutability=mutability)
    if "ImageScanningConfiguration" in changed:
        scan = as_bool(
            request.properties.get("ImageScanningConfiguration", {}).get("ScanOnPush", False)
        )
        client.put_image_scanning_configuration(
            repositoryName=name, imageScanningConfiguration={"scanOnPush": scan}
        )
    change_tags(_tag, request, live.attributes["Arn"], live.properties)
    return Made(name, live.attributes)


def _delete(request: Request, live: LiveResource) -> None:
    force = as_bool(live.properties.get("EmptyOnDelete", False))
    request.client("ecr").delete_repository(repositoryName=live.physical_id, force=force)


TYPES: dict[str, ResourceType] = {
    "AWS::ECR::Repository": ResourceType(
        _create,
        _delete,
        names(
            "EncryptionConfiguration ImageScanningConfiguration ImageTagMutability RepositoryName"
        )
        | frozenset(_APART),
        update=_update,
        replace_on=names("EncryptionConfiguration RepositoryName"),
    ),
}
