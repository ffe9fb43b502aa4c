"""ECS: clusters, capacity providers, their associations, and task definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inferctl.localaws.cloudformation.errors import NotEmulatedError
from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, names, without
from .fit import call
from .table import change_tags, table_type

_PROVIDER_KINDS = ("AutoScalingGroupProvider", "ManagedInstancesProvider")


def tag(request: Request, arn: str, added: list[dict[str, str]], removed: list[str]) -> None:
    """Change the tags of something of ECS."""
    client = request.client("ecs")
    if removed:
        client.untag_resource(resourceArn=arn, tagKeys=removed)
    if added:
        tags = [{"key": one["Key"], "value": one["Value"]} for one in added]
        client.tag_resource(resourceArn=arn, tags=tags)


def _settings(properties: Mapping[str, Any]) -> dict[str, Any]:
    given = without(
        properties,
        "CapacityProviders",
        "ClusterName",
        "ClusterSettings",
        "DefaultCapacityProviderStrategy",
        "Tags",
    )
    if "ClusterSettings" in properties:
        given["Settings"] = properties["ClusterSettings"]
    return given


def _create_cluster(request: Request) -> Made:
    name = request.properties.get("ClusterName") or request.name(255)
    providers = ("CapacityProviders", "DefaultCapacityProviderStrategy", "Tags")
    arguments = {key: request.properties[key] for key in providers if key in request.properties}
    arguments |= _settings(request.properties)
    answer = call(request, "ecs", "create_cluster", {**arguments, "ClusterName": name})
    return Made(name, {"Arn": answer["cluster"]["clusterArn"]})


def _update_cluster(request: Request, live: LiveResource) -> Made:
    settings = _settings(request.properties)
    call(request, "ecs", "update_cluster", settings, cluster=live.physical_id)
    strategy = ("CapacityProviders", "DefaultCapacityProviderStrategy")
    if any(key in request.properties or key in live.properties for key in strategy):
        arguments = {key: request.properties.get(key, []) for key in strategy}
        call(request, "ecs", "put_cluster_capacity_providers", arguments, cluster=live.physical_id)
    change_tags(tag, request, live.attributes["Arn"], live.properties)
    return Made(live.physical_id, live.attributes)


def _delete_cluster(request: Request, live: LiveResource) -> None:
    request.client("ecs").delete_cluster(cluster=live.physical_id)


def _put_associations(request: Request) -> Made:
    properties = {"CapacityProviders": [], **request.properties}
    call(request, "ecs", "put_cluster_capacity_providers", properties)
    return Made(str(properties["Cluster"]))


def _update_associations(request: Request, _live: LiveResource) -> Made:
    return _put_associations(request)


def _delete_associations(request: Request, live: LiveResource) -> None:
    request.client("ecs").put_cluster_capacity_providers(
        cluster=live.physical_id, capacityProviders=[], defaultCapacityProviderStrategy=[]
    )


def _create_provider(request: Request) -> Made:
    name = request.properties.get("Name") or request.name(255)
    arguments = without(request.properties, "ClusterName") | {"Name": name}
    if "ClusterName" in request.properties:
        arguments["Cluster"] = request.properties["ClusterName"]
    call(request, "ecs", "create_capacity_provider", arguments)
    return Made(name)


def _update_provider(request: Request, live: LiveResource) -> Made:
    group = "AutoScalingGroupArn"
    before, after = (
        one.get("AutoScalingGroupProvider", {}) for one in (live.properties, request.properties)
    )
    if before.get(group) != after.get(group):
        # CloudFormation replaces the provider, and the engine decides by whole properties
        raise NotEmulatedError(
            f"a change of property {request.type}.AutoScalingGroupProvider.{group}"
        )
    arguments = {
        key: request.properties[key] for key in _PROVIDER_KINDS if key in request.properties
    }
    if after:
        arguments["AutoScalingGroupProvider"] = without(after, group)
    call(request, "ecs", "update_capacity_provider", arguments, name=live.physical_id)
    arn = request.arn("ecs", f"capacity-provider/{live.physical_id}")
    change_tags(tag, request, arn, live.properties)
    return Made(live.physical_id, live.attributes)


def _delete_provider(request: Request, live: LiveResource) -> None:
    request.client("ecs").delete_capacity_provider(capacityProvider=live.physical_id)


TYPES: dict[str, ResourceType] = {
    "AWS::ECS::Cluster": ResourceType(
        _create_cluster,
        _delete_cluster,
        names(
            "CapacityProviders ClusterName ClusterSettings Configuration"
            " DefaultCapacityProviderStrategy ServiceConnectDefaults Tags"
        ),
        update=_update_cluster,
        replace_on=names("ClusterName"),
    ),
    "AWS::ECS::ClusterCapacityProviderAssociations": ResourceType(
        _put_associations,
        _delete_associations,
        names("CapacityProviders Cluster DefaultCapacityProviderStrategy"),
        update=_update_associations,
        replace_on=names("Cluster"),
    ),
    "AWS::ECS::CapacityProvider": ResourceType(
        _create_provider,
        _delete_provider,
        names("ClusterName Name Tags") | frozenset(_PROVIDER_KINDS),
        update=_update_provider,
        replace_on=names("ClusterName Name"),
    ),
    "AWS::ECS::TaskDefinition": table_type(
        "ecs",
        "ContainerDefinitions Cpu EnableFaultInjection EphemeralStorage ExecutionRoleArn Family"
        " InferenceAccelerators IpcMode Memory NetworkMode PidMode PlacementConstraints"
        " ProxyConfiguration RequiresCompatibilities RuntimePlatform Tags TaskRoleArn Volumes",
        create="register_task_definition",
        delete="deregister_task_definition",
        id_argument="taskDefinition",
        id_path="taskDefinition.taskDefinitionArn",
        attributes={"TaskDefinitionArn": "taskDefinition.taskDefinitionArn"},
        named=("Family", 255),
        tagger=tag,
    ),
}
