"""Clusters, and which capacity providers they use."""

from __future__ import annotations

from typing import Any

from .errors import EcsError, invalid
from .pages import page
from .store import DEFAULT_CLUSTER, Cluster, Region, last
from .validation import check_name
from .views import cluster_view

Call = dict[str, Any]
FARGATE = ("FARGATE", "FARGATE_SPOT")
_CLUSTER_SETTINGS = ("settings", "configuration", "serviceConnectDefaults")
_ALL = ("SETTINGS", "CONFIGURATIONS", "TAGS")


class ClusterActions:
    """Actions on the clusters of one region."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def create_cluster(self, call: Call) -> Call:
        """The cluster of that name if there is one already."""
        region, name = self._region, call.get("clusterName", DEFAULT_CLUSTER)
        check_name("clusterName", name)
        cluster = region.clusters.get(name)
        if cluster is None or cluster.status != "ACTIVE":
            cluster = Cluster(name=name, arn=region.arn(f"cluster/{name}"))
            self._associate(cluster, call)
            cluster.settings = {
                "settings": [{"name": "containerInsights", "value": "disabled"}],
                **{key: call[key] for key in _CLUSTER_SETTINGS if key in call},
            }
            region.clusters[name] = cluster
            region.tag(cluster.arn, call.get("tags", []))
        return {"cluster": cluster_view(region, cluster, _ALL)}

    def describe_clusters(self, call: Call) -> Call:
        """Clusters by name or ARN, and a failure for each that is missing."""
        region = self._region
        found, failures = [], []
        for name in call.get("clusters", [DEFAULT_CLUSTER]):
            cluster = region.clusters.get(last(name))
            if cluster is None:
                arn = region.arn(f"cluster/{last(name)}")
                failures.append({"arn": arn, "reason": "MISSING"})
            else:
                found.append(cluster_view(region, cluster, call.get("include", [])))
        return {"clusters": found, "failures": failures}

    def update_cluster(self, call: Call) -> Call:
        """Settings that are sent replace those there are."""
        cluster = self._region.cluster(call)
        sent = {key: call[key] for key in _CLUSTER_SETTINGS if key in call}
        if "settings" in sent:
            old = {one["name"]: one for one in cluster.settings["settings"]}
            old.update({one["name"]: one for one in sent["settings"]})
            sent["settings"] = list(old.values())
        cluster.settings.update(sent)
        return {"cluster": cluster_view(self._region, cluster, _ALL)}

    def update_cluster_settings(self, call: Call) -> Call:
        """Settings alone."""
        return self.update_cluster(call)

    def delete_cluster(self, call: Call) -> Call:
        """Refused while anything is in it."""
        cluster = self._region.cluster(call)
        active = "The Cluster cannot be deleted while {} are active{}."
        if cluster.active_services:
            raise EcsError("ClusterContainsServicesException", active.format("Services", ""))
        if any(task.status != "STOPPED" for task in cluster.fleet.tasks.values()):
            raise EcsError("ClusterContainsTasksException", active.format("Tasks", ""))
        if cluster.fleet.hosts:
            message = active.format("Container Instances", " or draining")
            raise EcsError("ClusterContainsContainerInstancesException", message)
        if any(one.cluster == cluster.name for one in self._region.providers.values()):
            message = active.format("Capacity Providers", "")
            raise EcsError("ClusterContainsCapacityProviderException", message)
        cluster.status = "INACTIVE"
        return {"cluster": cluster_view(self._region, cluster, _ALL)}

    def list_clusters(self, call: Call) -> Call:
        """ARNs of the clusters that exist."""
        arns = [one.arn for one in self._region.clusters.values() if one.status == "ACTIVE"]
        return page(call, "clusterArns", arns)

    def put_cluster_capacity_providers(self, call: Call) -> Call:
        """The associations replace those there are; one in use cannot be taken away."""
        cluster = self._region.cluster(call)
        removed = set(cluster.providers) - {last(name) for name in call["capacityProviders"]}
        used = {share.provider for service in cluster.states for share in service.providers} | {
            task.provider for task in cluster.fleet.tasks.values() if task.alive
        }
        if removed & used:
            raise EcsError(
                "ResourceInUseException",
                "The specified capacity provider is in use and cannot be removed.",
            )
        self._associate(cluster, call)
        return {"cluster": cluster_view(self._region, cluster, _ALL)}

    def _associate(self, cluster: Cluster, call: Call) -> None:
        names = [last(name) for name in call.get("capacityProviders", [])]
        # a provider of managed instances belongs to its cluster from its creation on
        own = [one.name for one in self._region.providers.values() if one.cluster == cluster.name]
        names += [name for name in own if name not in names]
        for name in names:
            if name not in FARGATE and name not in self._region.providers:
                raise invalid(f"The specified capacity provider '{name}' was not found.")
        strategy = call.get("defaultCapacityProviderStrategy", [])
        check_strategy(strategy, names)
        cluster.providers, cluster.strategy = names, strategy


def check_strategy(strategy: list[Call], providers: list[str]) -> None:
    """Raises for a strategy that names a provider which the cluster does not have."""
    if any(item["capacityProvider"] not in providers for item in strategy):
        raise invalid(
            "The specified capacity provider strategy cannot contain a capacity provider that is"
            " not associated with the cluster. Associate the capacity provider with the cluster"
            " and try again."
        )
