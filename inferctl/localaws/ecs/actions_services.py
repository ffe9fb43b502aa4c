"""Services: created, updated, scaled, deleted; each call returns when the cluster is at rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .actions_clusters import Call
from .errors import EcsError, invalid, no_such_service
from .pages import page
from .service_checks import (
    check_active,
    check_balancers,
    check_capacity,
    check_daemon,
    check_emulated,
    check_network,
    check_rebalancing,
    check_same_strategy,
    rebalancing_problem,
)
from .service_settings import DAEMON_DEFAULTS, REPLICA_DEFAULTS, configure
from .service_strategies import alarms_of, check_strategy
from .simulator import ServiceState, begin, resume
from .store import Cluster, Region, Service, TaskDefinition, last
from .surroundings import Surroundings
from .validation import check_name
from .views import service_view

# a change of one of these starts a new deployment
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
_DEPLOYED = (
    "taskDefinition",
    "networkConfiguration",
    "loadBalancers",
    "platformVersion",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)
_NOT_SETTINGS = frozenset({"cluster", "service", "serviceName", "clientToken", "tags"})
_DEFAULTS: dict[str, Any] = {
    "loadBalancers": [],
    "serviceRegistries": [],
    "placementConstraints": [],
    "placementStrategy": [],
    "schedulingStrategy": "REPLICA",
    "deploymentController": {"type": "ECS"},
    "enableECSManagedTags": False,
    "propagateTags": "NONE",
    "enableExecuteCommand": False,
}


class ServiceActions:
    """Actions on the services of one region."""

    def __init__(self, region: Region, services: Surroundings) -> None:
        self._region = region
        self._services = services

    def create_service(self, call: Call) -> Call:
        """Raises where AWS refuses; a service that finds no capacity is no error."""
        region, cluster, name = self._region, self._region.cluster(call), call["serviceName"]
        check_name("serviceName", name)
        check_emulated(call)
        if "taskDefinition" not in call:
            raise invalid("TaskDefinition can not be blank.")
        known = cluster.services.get(name)
        if known is not None and known.status == "ACTIVE":
            raise invalid("Creation of service was not idempotent.")
        check_daemon(call)
        daemon = call.get("schedulingStrategy") == "DAEMON"
        if not daemon and "desiredCount" not in call:
            raise invalid("desiredCount is required for the REPLICA scheduling strategy.")
        sent = {key: value for key, value in call.items() if key not in _NOT_SETTINGS}
        settings = _with_defaults(sent, cluster, daemon=daemon)
        check_capacity(cluster, settings)
        check_rebalancing(settings)
        definition = region.task_definition(call["taskDefinition"])
        check_active(definition)
        self._check(definition, settings)
        state = ServiceState(name=name, desired=call.get("desiredCount", 0), daemon=daemon)
        configure(state, settings)
        deployed = _deployed(settings, definition)
        begin(cluster.fleet, state, definition.spec, deployed)
        service = Service(
            name=name,
            arn=region.arn(f"service/{cluster.name}/{name}"),
            settings={key: value for key, value in settings.items() if key not in deployed},
            state=state,
        )
        cluster.services[name], cluster.winding_down = service, False
        region.tags.pop(service.arn, None)
        region.tag(service.arn, call.get("tags", []))
        return {"service": self._view(cluster, service)}

    def update_service(self, call: Call) -> Call:
        """Settings that are sent replace those there are; some start a new deployment."""
        cluster = self._region.cluster(call)
        service = cluster.service(call["service"])
        if service.status != "ACTIVE":
            raise EcsError("ServiceNotActiveException", "Service was not ACTIVE.")
        check_emulated(call)
        cluster.winding_down = False
        sent = {key: value for key, value in call.items() if key not in _NOT_SETTINGS}
        forced = sent.pop("forceNewDeployment", False)
        if not forced:
            check_same_strategy(service.settings_of(), sent)
        if service.state.daemon:
            check_daemon({**sent, "schedulingStrategy": "DAEMON"})
        if sent.get("capacityProviderStrategy"):
            service.settings.pop("launchType", None)
        settings = _merged(service.settings_of(), sent)
        check_capacity(cluster, settings)
        if "availabilityZoneRebalancing" in sent:
            check_rebalancing(settings)
        definition = self._region.task_definition(settings["taskDefinition"])
        if "taskDefinition" in sent:
            check_active(definition)
        self._check(definition, settings)
        configure(service.state, settings)
        deployed = _deployed(settings, definition)
        service.settings = {key: value for key, value in settings.items() if key not in deployed}
        self._deploy(
            cluster, service.state, definition, deployed, alarms=alarms_of(settings), forced=forced
        )
        return {"service": self._view(cluster, service)}

    def delete_service(self, call: Call) -> Call:
        """Stop its tasks; refused for a replica service above 0 unless forced."""
        cluster = self._region.cluster(call)
        service = cluster.service(call["service"])
        state = service.state
        if service.status != "ACTIVE":
            raise no_such_service()
        if not (call.get("force") or state.daemon or state.desired == 0):
            raise invalid("The service cannot be stopped while it is scaled above 0.")
        for task in cluster.fleet.of_group(state.group):
            reason = f"Service {service.name} was deleted."
            cluster.fleet.stop(task, code="ServiceSchedulerInitiated", reason=reason)
        service.status = "INACTIVE"
        cluster.winding_down = all(one.daemon for one in cluster.states)
        return {"service": {**self._view(cluster, service), "status": "DRAINING"}}

    def describe_services(self, call: Call) -> Call:
        """Services by name or ARN, and a failure for each that is missing."""
        cluster = self._region.cluster(call)
        if not 1 <= len(call["services"]) <= 10:
            raise invalid("1 to 10 services can be described in one call.")
        found, failures = [], []
        for name in call["services"]:
            service = cluster.services.get(last(name))
            if service is None:
                arn = self._region.arn(f"service/{cluster.name}/{last(name)}")
                failures.append({"arn": arn, "reason": "MISSING"})
            else:
                include = call.get("include", [])
                found.append(service_view(self._region, cluster, service, include))
        return {"services": found, "failures": failures}

    def list_services(self, call: Call) -> Call:
        """ARNs of the active services."""
        cluster = self._region.cluster(call)
        asked = [key for key in ("launchType", "schedulingStrategy") if key in call]
        arns = [
            one.arn
            for one in cluster.active_services
            if all(one.settings.get(key) == call[key] for key in asked)
        ]
        return page({"maxResults": 10, **call}, "serviceArns", arns)

    def _deploy(
        self,
        cluster: Cluster,
        state: ServiceState,
        definition: TaskDefinition,
        deployed: Call,
        *,
        alarms: Sequence[str],
        forced: bool,
    ) -> None:
        """Nothing for the settings there are; those of a deployment that still runs resume it.

        The latter is not documented: it is what lets a stuck update be taken back on a full fleet.
        """
        known = [one for one in state.deployments if one.settings == deployed and not forced]
        if not known:
            begun = begin(cluster.fleet, state, definition.spec, deployed)
            begun.tripped = self._services.in_alarm(alarms)
        elif known[0] is not state.primary:
            resume(cluster.fleet, state, known[0])

    def _check(self, definition: TaskDefinition, settings: Call) -> None:
        check_network(definition, settings)
        check_balancers(definition, settings, self._services)
        check_strategy(settings, self._services)

    def _view(self, cluster: Cluster, service: Service) -> Call:
        return service_view(self._region, cluster, service, ["TAGS"])


def _with_defaults(sent: Call, cluster: Cluster, *, daemon: bool) -> Call:
    settings = {**_DEFAULTS, **sent}
    percents = DAEMON_DEFAULTS if daemon else REPLICA_DEFAULTS
    settings["deploymentConfiguration"] = {
        **percents,
        **sent.get("deploymentConfiguration", {}),
    }
    if "availabilityZoneRebalancing" not in sent:
        can = rebalancing_problem(settings) is None
        settings["availabilityZoneRebalancing"] = "ENABLED" if can else "DISABLED"
    if "launchType" not in sent and "capacityProviderStrategy" not in sent:
        if cluster.strategy and not daemon:
            settings["capacityProviderStrategy"] = cluster.strategy
        else:
            settings["launchType"] = "EC2"
    return settings


def _merged(old: Call, sent: Call) -> Call:
    deployment = {**old["deploymentConfiguration"], **sent.get("deploymentConfiguration", {})}
    return {**old, **sent, "deploymentConfiguration": deployment}


def _deployed(settings: Call, definition: TaskDefinition) -> Call:
    found = {key: settings[key] for key in _DEPLOYED if key in settings}
    return {**found, "taskDefinition": definition.arn}
