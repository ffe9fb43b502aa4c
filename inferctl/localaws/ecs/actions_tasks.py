"""Tasks that no service starts, and all tasks there are."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .actions_clusters import Call
from .errors import client_error, invalid
from .pages import page
from .service_checks import check_active, check_capacity, check_emulated, check_network
from .service_settings import expressions_of, is_distinct, shares_of, strategies_of
from .simulator import PlacementStrategy, Task, placement, share_of
from .store import Cluster, Region, TaskDefinition, last
from .task_views import instance_arn, task_arn, task_view

_ANYWHERE = (PlacementStrategy(kind="random"),)


class TaskActions:
    """Actions on the tasks of one region."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def run_task(self, call: Call) -> Call:
        """With a capacity provider a task waits for room; without, it is a failure."""
        cluster, definition = self._prepared(call)
        cluster.winding_down = False
        if not 1 <= call.get("count", 1) <= 10:
            raise invalid(f"count must be 1 to 10, got {call['count']}")
        strategy = call.get("capacityProviderStrategy")
        if strategy is None and "launchType" not in call:
            strategy = cluster.strategy
        shares = shares_of(strategy or [])
        used: Counter[str | None] = Counter()
        tasks: list[Task] = []
        failures: list[Call] = []
        for _ in range(call.get("count", 1)):
            provider = share_of(shares, used) if shares else None
            used[provider] += 1
            task = cluster.fleet.add_task(
                definition.spec,
                call.get("group", f"family:{definition.family}"),
                provider=provider,
                expressions=expressions_of(call.get("placementConstraints", [])),
                distinct=is_distinct(call.get("placementConstraints", [])),
                strategy=strategies_of(call.get("placementStrategy", [])) or _ANYWHERE,
                details=_details(call),
            )
            if cluster.fleet.place(task) or provider is not None:
                tasks.append(task)
                continue
            failures = self._failures(cluster, task)
            cluster.fleet.forget(task)
        self._tag(call, cluster, definition, tasks)
        return self._answer(cluster, tasks, failures)

    def start_task(self, call: Call) -> Call:
        """On the container instances that are named, whatever constraints say."""
        cluster, definition = self._prepared(call)
        tasks: list[Task] = []
        failures: list[Call] = []
        for name in call["containerInstances"]:
            host = cluster.fleet.hosts.get(last(name))
            if host is None:
                arn = self._region.arn(f"container-instance/{cluster.name}/{last(name)}")
                failures.append({"arn": arn, "reason": "MISSING"})
                continue
            group = call.get("group", f"family:{definition.family}")
            task = cluster.fleet.add_task(definition.spec, group, details=_details(call))
            reason = placement.missing_resource(host, task)
            if reason is None:
                cluster.fleet.place_on(host, task)
                tasks.append(task)
            else:
                cluster.fleet.forget(task)
                arn = instance_arn(self._region, cluster, host)
                failures.append({"arn": arn, "reason": reason})
        self._tag(call, cluster, definition, tasks)
        return self._answer(cluster, tasks, failures)

    def stop_task(self, call: Call) -> Call:
        """Ask a task to stop; what is stopped already stays as it is."""
        cluster = self._region.cluster(call)
        task = cluster.fleet.tasks.get(last(call["task"]))
        if task is None:
            raise invalid("The referenced task was not found.")
        reason = call.get("reason", "Task stopped by user")
        cluster.fleet.stop(task, code="UserInitiated", reason=reason)
        return {"task": task_view(self._region, cluster, task)}

    def describe_tasks(self, call: Call) -> Call:
        """Tasks by id or ARN, and a failure for each that is missing."""
        cluster = self._region.cluster(call)
        found, failures = [], []
        for name in call["tasks"]:
            task = cluster.fleet.tasks.get(last(name))
            if task is None:
                arn = self._region.arn(f"task/{cluster.name}/{last(name)}")
                failures.append({"arn": arn, "reason": "MISSING"})
            else:
                include = call.get("include", [])
                found.append(task_view(self._region, cluster, task, include))
        return {"tasks": found, "failures": failures}

    def list_tasks(self, call: Call) -> Call:
        """ARNs by what is asked; without a desired status those that are to run."""
        cluster = self._region.cluster(call)
        if "serviceName" in call:
            cluster.service(call["serviceName"])
        arns = [
            task_arn(self._region, cluster, task)
            for task in cluster.fleet.tasks.values()
            if _is_asked_for(task, call)
        ]
        return page(call, "taskArns", arns)

    def _prepared(self, call: Call) -> tuple[Cluster, TaskDefinition]:
        cluster = self._region.cluster(call)
        check_emulated(call)
        check_capacity(cluster, call)
        definition = self._region.task_definition(call["taskDefinition"])
        check_active(definition)
        check_network(definition, call)
        names = {one["name"] for one in definition.body["containerDefinitions"]}
        for override in call.get("overrides", {}).get("containerOverrides", []):
            if override.get("name") not in names:
                raise client_error(
                    "Override for container named {} is not a container in the"
                    " TaskDefinition.".format(override.get("name"))
                )
        return cluster, definition

    def _failures(self, cluster: Cluster, task: Task) -> list[Call]:
        refused = cluster.fleet.refusals(task)
        if not refused:
            reason = task.refusal.reason if task.refusal else "MISSING"
            return [{"arn": cluster.arn, "reason": reason}]
        return [
            {"arn": instance_arn(self._region, cluster, host), "reason": reason}
            for host, reason in refused.items()
        ]

    def _tag(
        self, call: Call, cluster: Cluster, definition: TaskDefinition, tasks: list[Task]
    ) -> None:
        tags = list(call.get("tags", []))
        if call.get("propagateTags") == "TASK_DEFINITION":
            tags = [*self._region.tags_of(definition.arn), *tags]
        if call.get("enableECSManagedTags"):
            tags.append({"key": "aws:ecs:clusterName", "value": cluster.name})
        for task in tasks:
            self._region.tag(task_arn(self._region, cluster, task), tags)

    def _answer(self, cluster: Cluster, tasks: list[Task], failures: list[Call]) -> Call:
        views = [task_view(self._region, cluster, task, ["TAGS"]) for task in tasks]
        return {"tasks": views, "failures": failures}


def _details(call: Call) -> dict[str, Any]:
    names = ("startedBy", "overrides", "enableExecuteCommand")
    return {name: call[name] for name in names if name in call}


def _is_asked_for(task: Task, call: Call) -> bool:
    host = task.host.id if task.host else ""
    asked = {
        "desiredStatus": (task.desired, call.get("desiredStatus", "RUNNING")),
        "serviceName": (task.group, f"service:{last(call.get('serviceName', ''))}"),
        "family": (task.spec.family, call.get("family")),
        "containerInstance": (host, last(call.get("containerInstance", ""))),
        "startedBy": (
            task.deployment or task.details.get("startedBy"),
            call.get("startedBy"),
        ),
        "launchType": (
            "MANAGED_INSTANCES" if task.host and task.host.managed else "EC2",
            call.get("launchType"),
        ),
    }
    return all(
        is_ == wanted
        for name, (is_, wanted) in asked.items()
        if name in call or name == "desiredStatus"
    )
