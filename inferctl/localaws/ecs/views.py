"""Clusters, capacity providers, task definitions and services, in the words of the API."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .simulator import Deployment, Task
from .store import CapacityProvider, Cluster, Region, Service, TaskDefinition

_SHARED_MEMBERS = (
    "taskDefinition",
    "capacityProviderStrategy",
    "launchType",
    "platformVersion",
    "networkConfiguration",
)
_SERVICE_MEMBERS = (
    *_SHARED_MEMBERS,
    "loadBalancers",
    "serviceRegistries",
    "deploymentConfiguration",
    "placementConstraints",
    "placementStrategy",
    "healthCheckGracePeriodSeconds",
    "schedulingStrategy",
    "deploymentController",
    "enableECSManagedTags",
    "propagateTags",
    "enableExecuteCommand",
    "availabilityZoneRebalancing",
)
_DEPLOYMENT_MEMBERS = (
    *_SHARED_MEMBERS,
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)


def cluster_view(region: Region, cluster: Cluster, include: Collection[str]) -> dict[str, Any]:
    """A cluster; settings, configuration, statistics and tags are asked for."""
    tasks = cluster.fleet.tasks.values()
    settings = cluster.settings
    view = {
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        "status": cluster.status,
        "registeredContainerInstancesCount": len(cluster.fleet.hosts),
        "runningTasksCount": sum(task.status == "RUNNING" for task in tasks),
        "pendingTasksCount": sum(task.status == "PROVISIONING" for task in tasks),
        "activeServicesCount": len(cluster.active_services),
        "capacityProviders": cluster.providers,
        "defaultCapacityProviderStrategy": cluster.strategy,
        "serviceConnectDefaults": settings.get("serviceConnectDefaults"),
    }
    if "SETTINGS" in include:
        view["settings"] = settings.get("settings")
    if "CONFIGURATIONS" in include:
        view["configuration"] = settings.get("configuration")
    if "TAGS" in include:
        view["tags"] = region.tags_of(cluster.arn)
    return view


def provider_view(
    region: Region, provider: CapacityProvider, include: Collection[str]
) -> dict[str, Any]:
    """A capacity provider."""
    view = {
        "capacityProviderArn": provider.arn,
        "name": provider.name,
        "status": provider.status,
        "type": "MANAGED_INSTANCES" if provider.managed else "EC2_AUTOSCALING",
        "cluster": provider.cluster,
        **provider.body,
    }
    return {**view, "tags": region.tags_of(provider.arn)} if "TAGS" in include else view


def task_definition_view(definition: TaskDefinition) -> dict[str, Any]:
    """A revision as it was registered, with what ECS adds."""
    return {
        **definition.body,
        "taskDefinitionArn": definition.arn,
        "family": definition.family,
        "revision": definition.revision,
        "status": definition.status,
        "registeredAt": definition.registered,
        "deregisteredAt": definition.deregistered,
        "deleteRequestedAt": definition.deletion,
    }


def service_view(
    region: Region, cluster: Cluster, service: Service, include: Collection[str]
) -> dict[str, Any]:
    """A service with its deployments and events, the newest first."""
    state = service.state
    tasks = cluster.fleet.of_group(state.group)
    settings = service.settings_of()
    active = service.status == "ACTIVE"
    view = {
        **{name: settings[name] for name in _SERVICE_MEMBERS if name in settings},
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": cluster.arn,
        "status": service.status,
        "desiredCount": state.desired if active else 0,
        "runningCount": sum(task.running for task in tasks),
        "pendingCount": sum(task.waiting for task in tasks),
        "roleArn": settings.get("role"),
        "createdAt": service.created,
        "deployments": [
            _deployment_view(service, one, tasks) for one in (state.deployments if active else [])
        ],
        "events": [
            {"id": one.id, "createdAt": one.time, "message": one.message}
            for one in reversed(state.events)
        ],
    }
    return {**view, "tags": region.tags_of(service.arn)} if "TAGS" in include else view


def _deployment_view(
    service: Service, deployment: Deployment, tasks: Collection[Task]
) -> dict[str, Any]:
    settings = service.settings_of(deployment.id)
    mine = [task for task in tasks if task.deployment == deployment.id]
    primary = deployment is service.state.primary
    return {
        **{name: settings[name] for name in _DEPLOYMENT_MEMBERS if name in settings},
        "id": deployment.id,
        "status": "PRIMARY" if primary else "ACTIVE",
        "desiredCount": service.state.desired if primary else 0,
        "pendingCount": sum(task.waiting for task in mine),
        "runningCount": sum(task.running for task in mine),
        "failedTasks": deployment.failed_tasks,
        "createdAt": deployment.created,
        "updatedAt": deployment.updated,
        "rolloutState": deployment.state,
        "rolloutStateReason": deployment.reason,
    }
