"""What the service remembers of each region."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from inferctl.localaws.clients import ACCOUNT
from inferctl.localaws.cloudformation.scope import partition

from .errors import client_error, no_such_cluster, no_such_service
from .simulator import Fleet, ServiceState, TaskSpec
from .surroundings import Target

DEFAULT_CLUSTER = "default"
Tags = dict[str, str]


def new_id() -> str:
    """An id as those of tasks and container instances."""
    return uuid.uuid4().hex


def now() -> datetime:
    """The time as every date of the API is given: UTC."""
    return datetime.now(UTC)


@dataclass(kw_only=True, eq=False)
class TaskDefinition:
    """One revision; ``body`` reads back as it was registered."""

    arn: str
    family: str
    revision: int
    body: dict[str, Any]
    spec: TaskSpec
    status: str = "ACTIVE"
    registered: datetime = field(default_factory=now)
    deregistered: datetime | None = None
    deletion: datetime | None = None


@dataclass(kw_only=True, eq=False)
class CapacityProvider:
    """``body`` holds the settings of the one kind it is of; ``cluster`` is a managed one's."""

    name: str
    arn: str
    body: dict[str, Any]
    cluster: str | None = None
    status: str = "ACTIVE"

    @property
    def managed(self) -> bool:
        """Whether ECS itself launches the instances."""
        return "managedInstancesProvider" in self.body


@dataclass(kw_only=True, eq=False)
class Service:
    """``settings`` are those that no deployment carries; a rollback leaves them as they are.

    ``targets`` are what it has registered, by target group; ``weights`` those that it has given to
    target groups, by listener rule.
    """

    name: str
    arn: str
    settings: dict[str, Any]
    state: ServiceState
    status: str = "ACTIVE"
    created: datetime = field(default_factory=now)
    targets: dict[str, set[Target]] = field(default_factory=dict)
    weights: dict[str, dict[str, int]] = field(default_factory=dict)

    def settings_of(self, deployment: str | None = None) -> dict[str, Any]:
        """All settings, with those of a deployment: the primary one, or that of this id."""
        found = [one for one in self.state.deployments if one.id == deployment]
        return {**self.settings, **(found or self.state.deployments)[0].settings}


@dataclass(kw_only=True, eq=False)
class Cluster:
    """A cluster with its fleet; ``settings`` are members of the API's Cluster.

    ``winding_down`` is set from the end of its last service until tasks are wanted again: what
    follows at once, such as the rest of a stack's deletion, comes before any scale-in.
    """

    name: str
    arn: str
    settings: dict[str, Any] = field(default_factory=dict)
    providers: list[str] = field(default_factory=list)
    strategy: list[dict[str, Any]] = field(default_factory=list)
    status: str = "ACTIVE"
    winding_down: bool = False
    fleet: Fleet = field(default_factory=lambda: Fleet(new_id=new_id))
    services: dict[str, Service] = field(default_factory=dict)

    @property
    def active_services(self) -> list[Service]:
        """The services that were not deleted, oldest first."""
        return [service for service in self.services.values() if service.status == "ACTIVE"]

    @property
    def states(self) -> list[ServiceState]:
        """What the scheduler works with."""
        return [service.state for service in self.active_services]

    def service(self, name: str) -> Service:
        """By name or ARN; raises ``ServiceNotFoundException``."""
        found = self.services.get(last(name))
        if found is None:
            raise no_such_service()
        return found


@dataclass(kw_only=True, eq=False)
class Region:
    """Everything in one region; ``tags`` are by ARN, ``account`` are account settings."""

    name: str
    clusters: dict[str, Cluster] = field(default_factory=dict)
    providers: dict[str, CapacityProvider] = field(default_factory=dict)
    families: dict[str, list[TaskDefinition]] = field(default_factory=dict)
    tags: dict[str, Tags] = field(default_factory=dict)
    account: dict[str, str] = field(default_factory=dict)

    def arn(self, resource: str) -> str:
        """The ARN of something of ECS."""
        return f"arn:{partition(self.name)}:ecs:{self.name}:{ACCOUNT}:{resource}"

    def cluster(self, call: dict[str, Any]) -> Cluster:
        """The cluster that a call names; raises ``ClusterNotFoundException``."""
        found = self.clusters.get(last(call.get("cluster", DEFAULT_CLUSTER)))
        if found is None or found.status != "ACTIVE":
            raise no_such_cluster()
        return found

    def task_definition(self, name: str) -> TaskDefinition:
        """By ARN, ``family:revision`` or family, which means its last active revision."""
        family, _, revision = name.rpartition("/")[2].partition(":")
        if name.startswith("arn:"):
            family, _, revision = name.partition("task-definition/")[2].partition(":")
        known = self.families.get(family, [])
        if revision:
            found = [one for one in known if str(one.revision) == revision]
        else:
            found = [one for one in known if one.status == "ACTIVE"]
        if not found:
            raise client_error("Unable to describe task definition.")
        return found[-1]

    def tag(self, arn: str, tags: list[dict[str, str]]) -> None:
        """Add tags, replacing those of the same keys."""
        mine = self.tags.setdefault(arn, {})
        mine.update({one["key"]: one.get("value", "") for one in tags})

    def tags_of(self, arn: str) -> list[dict[str, str]]:
        """Tags as the API has them."""
        return [{"key": key, "value": value} for key, value in self.tags.get(arn, {}).items()]


def last(name: str) -> str:
    """The name at the end of an ARN, or the name itself."""
    return name.rpartition("/")[2]
