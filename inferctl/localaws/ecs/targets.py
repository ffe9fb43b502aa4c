"""Targets of load balancers: running tasks of services are registered, others are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .simulator import Task
from .store import Cluster, Service
from .surroundings import Surroundings, Target


def follow_tasks(cluster: Cluster, services: Surroundings) -> None:
    """Register and deregister until the target groups hold what runs."""
    for service in cluster.services.values():
        wanted: dict[str, set[Target]] = {}
        if service.status == "ACTIVE":
            for arn, target in _targets(cluster, service):
                wanted.setdefault(arn, set()).add(target)
        for arn in wanted.keys() | service.targets.keys():
            before, after = service.targets.get(arn, set()), wanted.get(arn, set())
            # first the old: the same port may belong to a new task
            if before - after:
                services.deregister(arn, before - after)
            if after - before:
                services.register(arn, after - before)
        service.targets = wanted
        if service.status == "ACTIVE":
            _shift(service, services)


def _targets(cluster: Cluster, service: Service) -> Iterator[tuple[str, Target]]:
    for task in cluster.fleet.of_group(service.state.group):
        settings = service.settings_of(task.deployment)
        second = any(one.second for one in service.state.deployments if one.id == task.deployment)
        for balancer in settings.get("loadBalancers", []):
            target = _target(task, balancer)
            if "targetGroupArn" in balancer and target is not None:
                yield _groups(balancer, second=second)[0], target


def _shift(service: Service, services: Surroundings) -> None:
    """All traffic goes to the tasks of the deployment that was completed last."""
    completed = service.state.completed
    if completed is None:
        return
    for balancer in service.settings_of(completed.id).get("loadBalancers", []):
        rule = balancer.get("advancedConfiguration", {}).get("productionListenerRule")
        if rule is None:
            continue
        first, other = _groups(balancer, second=completed.second)
        weights = {first: 100, other: 0}
        if service.weights.get(rule) != weights:
            services.shift(rule, weights)
            service.weights[rule] = weights


def _groups(balancer: dict[str, Any], *, second: bool) -> tuple[str, str]:
    """The target group of a deployment's tasks, and the other one."""
    one = balancer["targetGroupArn"]
    other = balancer.get("advancedConfiguration", {}).get("alternateTargetGroupArn", one)
    return (other, one) if second else (one, other)


def _target(task: Task, balancer: dict[str, Any]) -> Target | None:
    if not task.running or task.host is None:
        return None
    if task.spec.awsvpc:
        return address(task), balancer["containerPort"]
    for bound in task.bindings:
        named = (balancer["containerName"], balancer["containerPort"])
        if (bound.container, bound.container_port) == named:
            return task.host.instance_id, bound.host_port
    return None


def address(task: Task) -> str:
    """A private address for a task with an interface of its own; nothing listens there."""
    number = int(task.id[-6:], 16)
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
