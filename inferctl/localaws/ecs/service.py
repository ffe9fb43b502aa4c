"""The ECS service of the embedded AWS."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

from inferctl.localaws.clients import ACCOUNT
from inferctl.localaws.cloudformation.scope import partition
from inferctl.localaws.http import HttpRequest, HttpResponse

from .actions_account import AccountActions
from .actions_clusters import ClusterActions
from .actions_definitions import DefinitionActions
from .actions_instances import InstanceActions
from .actions_providers import ProviderActions
from .actions_services import ServiceActions
from .actions_tasks import TaskActions
from .errors import EcsError, not_emulated
from .protocol import failure, operation, parse_input, success
from .settling import settle_cluster
from .status import cluster_status
from .store import Cluster, Region
from .surroundings import EmbeddedServices, Surroundings

_Action = Callable[[dict[str, Any]], dict[str, Any]]
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_READS = ("Describe", "List")


class _Regional:
    """One region's state and actions."""

    def __init__(self, name: str, services: Surroundings) -> None:
        self.region = Region(name=name)
        self.services = services
        root = f"arn:{partition(name)}:iam::{ACCOUNT}:root"
        self._parts = (
            ClusterActions(self.region),
            ProviderActions(self.region, services),
            DefinitionActions(self.region),
            ServiceActions(self.region, services),
            TaskActions(self.region),
            InstanceActions(self.region),
            AccountActions(self.region, root),
        )

    def action(self, name: str) -> _Action:
        """The method that answers ``name``; raises 501."""
        method = _WORD.sub("_", name).lower()
        for part in self._parts:
            if hasattr(part, method):
                found: _Action = getattr(part, method)
                return found
        raise not_emulated(f"ecs {name}")

    def settle(self) -> None:
        """Bring every cluster to rest."""
        for cluster in self.region.clusters.values():
            if cluster.status == "ACTIVE":
                settle_cluster(self.region, cluster, self.services)


class Ecs:
    """Clusters of one account; all state is in memory, methods may be called from any thread."""

    def __init__(self, surroundings: Callable[[str], Surroundings] = EmbeddedServices) -> None:
        self._surroundings = surroundings
        self._regions: dict[str, _Regional] = {}
        # the scheduler works on one cluster at a time; calls to other services do not come back
        self._turn = threading.RLock()

    def handle(self, request: HttpRequest, *, region: str) -> HttpResponse:
        """Answer one call of the JSON protocol, when the clusters are at rest."""
        try:
            model = operation(request)
            with self._turn:
                regional = self._regional(region)
                action = regional.action(model.name)
                call = parse_input(model, request.read_body(None))
                regional.settle()
                result = success(model, action(call))
                if not model.name.startswith(_READS):
                    regional.settle()
                return result
        except EcsError as error:
            return failure(error)

    def cluster(self, name: str, *, region: str = "us-east-1") -> Cluster:
        """A cluster with its simulated fleet; raises `EcsError` when there is none."""
        return self._regional(region).region.cluster({"cluster": name})

    def status(self) -> list[dict[str, Any]]:
        """Every cluster with its instances, services, tasks and chips, as JSON values."""
        with self._turn:
            return [
                cluster_status(name, cluster)
                for name, regional in sorted(self._regions.items())
                for cluster in regional.region.clusters.values()
                if cluster.status == "ACTIVE"
            ]

    def _regional(self, name: str) -> _Regional:
        if name not in self._regions:
            self._regions[name] = _Regional(name, self._surroundings(name))
        return self._regions[name]
