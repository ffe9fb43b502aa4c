"""Capacity providers: Auto Scaling groups, and managed instances."""

from __future__ import annotations

from typing import Any

from .errors import client_error, invalid
from .pages import page
from .settling import group_name
from .store import CapacityProvider, Region, last
from .surroundings import Surroundings
from .views import provider_view

Call = dict[str, Any]
_KINDS = ("autoScalingGroupProvider", "managedInstancesProvider")
_RESERVED = ("aws", "ecs", "fargate")
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedScaling.html
_MANAGED_SCALING = {
    "status": "ENABLED",
    "targetCapacity": 100,
    "minimumScalingStepSize": 1,
    "maximumScalingStepSize": 10_000,
    "instanceWarmupPeriod": 300,
}
_GROUP_DEFAULTS = {"managedTerminationProtection": "DISABLED", "managedDraining": "ENABLED"}


class ProviderActions:
    """Actions on the capacity providers of one region."""

    def __init__(self, region: Region, services: Surroundings) -> None:
        self._region = region
        self._services = services

    def create_capacity_provider(self, call: Call) -> Call:
        """Of an Auto Scaling group, or of managed instances in a cluster."""
        region, name = self._region, call["name"]
        if name.lower().startswith(_RESERVED):
            raise invalid(
                "The specified capacity provider name is invalid. Names must not begin with"
                " 'aws', 'ecs' or 'fargate'."
            )
        if name in region.providers:
            raise invalid(
                "The specified capacity provider already exists. To change the configuration of"
                " an existing capacity provider, update the capacity provider."
            )
        kinds = {key: call[key] for key in _KINDS if key in call}
        if len(kinds) != 1:
            raise invalid(f"One of {' and '.join(_KINDS)} must be specified.")
        provider = CapacityProvider(
            name=name, arn=region.arn(f"capacity-provider/{name}"), body=kinds
        )
        if provider.managed:
            cluster = region.cluster(call)
            provider.cluster = cluster.name
            cluster.providers.append(name)
        else:
            provider.body = {"autoScalingGroupProvider": self._group_settings(provider)}
        region.providers[name] = provider
        region.tag(provider.arn, call.get("tags", []))
        return {"capacityProvider": provider_view(region, provider, ["TAGS"])}

    def _group_settings(self, provider: CapacityProvider) -> dict[str, Any]:
        settings = {**_GROUP_DEFAULTS, **provider.body["autoScalingGroupProvider"]}
        if "managedScaling" in settings:
            settings["managedScaling"] = {**_MANAGED_SCALING, **settings["managedScaling"]}
        self._check_group(provider, settings)
        return settings

    def _check_group(self, provider: CapacityProvider, settings: dict[str, Any]) -> None:
        name = group_name(provider) or ""
        group = self._services.groups([name]).get(name)
        if group is None:
            raise client_error(
                "The specified Auto Scaling group ARN is not valid. Specify the full Auto Scaling"
                " group ARN and try again."
            )
        if settings["managedTerminationProtection"] != "ENABLED":
            return
        if settings.get("managedScaling", {}).get("status") != "ENABLED":
            raise invalid(
                "The managed termination protection setting for the capacity provider is invalid."
                " To enable managed termination protection, managed scaling must be enabled."
            )
        if not group.protects_new:
            raise invalid(
                "The managed termination protection setting for the capacity provider is invalid."
                " To enable managed termination protection for a capacity provider, the Auto"
                " Scaling group must have instance protection from scale in enabled."
            )

    def describe_capacity_providers(self, call: Call) -> Call:
        """All, or those that are named, and a failure for each that is missing."""
        region, names = self._region, call.get("capacityProviders")
        wanted = list(region.providers) if names is None else [last(name) for name in names]
        include = call.get("include", [])
        found = [
            provider_view(region, region.providers[name], include)
            for name in wanted
            if name in region.providers
        ]
        failures = [
            {"arn": region.arn(f"capacity-provider/{name}"), "reason": "MISSING"}
            for name in wanted
            if name not in region.providers
        ]
        return {**page(call, "capacityProviders", found), "failures": failures}

    def update_capacity_provider(self, call: Call) -> Call:
        """Settings that are sent replace those there are; the group stays."""
        provider = self._provider(call["name"])
        for kind in set(_KINDS) & call.keys():
            if kind not in provider.body:
                raise invalid(f"The capacity provider {provider.name} has no {kind}.")
            old, sent = provider.body[kind], dict(call[kind])
            if "managedScaling" in sent:
                before = old.get("managedScaling", _MANAGED_SCALING)
                sent["managedScaling"] = {**before, **sent["managedScaling"]}
            merged = {**old, **sent}
            if not provider.managed:
                self._check_group(provider, merged)
            provider.body = {kind: merged}
        return {"capacityProvider": provider_view(self._region, provider, ["TAGS"])}

    def delete_capacity_provider(self, call: Call) -> Call:
        """Refused while a cluster has it, unless it is a managed one that nothing uses."""
        provider = self._provider(call["capacityProvider"])
        for cluster in self._region.clusters.values():
            if cluster.status != "ACTIVE" or provider.name not in cluster.providers:
                continue
            used = {share.provider for one in cluster.states for share in one.providers} | {
                task.provider for task in cluster.fleet.tasks.values() if task.alive
            }
            if not provider.managed or provider.name in used:
                raise client_error(
                    "The specified capacity provider is in use and cannot be deleted. Remove the"
                    f" capacity provider from the cluster {cluster.name} and try again."
                )
            cluster.providers.remove(provider.name)
            for host in list(cluster.fleet.hosts.values()):
                if host.provider == provider.name:
                    cluster.fleet.remove_host(host.id)
        del self._region.providers[provider.name]
        provider.status = "INACTIVE"
        return {"capacityProvider": provider_view(self._region, provider, ["TAGS"])}

    def _provider(self, name: str) -> CapacityProvider:
        found = self._region.providers.get(last(name))
        if found is None:
            raise client_error("The specified capacity provider does not exist.")
        return found
