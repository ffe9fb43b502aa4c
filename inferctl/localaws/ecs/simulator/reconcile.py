"""The service scheduler: starts and stops tasks until each service is as it should be.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from .daemons import STOPPED_BY_SCHEDULER, reconcile_daemon
from .deployments import note_alarms, note_progress, note_start, say, say_tasks
from .fleet import Fleet
from .placement import Refusal
from .service import ServiceState, share_of
from .task import Task

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
_UNPLACED = "was unable to place a task because no container instance met all of its requirements."
_UNSTARTED = "is unable to consistently start tasks successfully."
_LOCKED = (
    "was unable to stop or start tasks during a deployment because of the service deployment"
    " configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
)


def settle(fleet: Fleet, services: Sequence[ServiceState]) -> bool:
    """Reconcile, with stopping tasks stopped, until nothing changes; whether anything did."""
    changed = False
    while reconcile(fleet, services) | fleet.finish_stopping():
        changed = True
    return changed


def reconcile(fleet: Fleet, services: Iterable[ServiceState]) -> bool:
    """One round over all services, daemons first, and over waiting tasks of no service."""
    changed = False
    for service in sorted(services, key=lambda one: not one.daemon):
        round_of = reconcile_daemon if service.daemon else _reconcile_replicas
        changed |= round_of(fleet, service)
        service.blocked = _why_blocked(fleet, service)
    for task in fleet.waiting:
        if task.deployment is None:
            changed |= fleet.place(task)
    return changed


def report(fleet: Fleet, services: Iterable[ServiceState]) -> None:
    """Say in each service's events why it cannot go on, once per reason."""
    for service in services:
        if service.blocked is not None and service.blocked != service.reported:
            say(fleet, service, service.blocked)
        service.reported = service.blocked


def _reconcile_replicas(fleet: Fleet, service: ServiceState) -> bool:
    fresh, obsolete = _sorted_out(fleet, service)
    stopped = [task for task in obsolete if task.waiting]
    stopped += _surplus(fresh, len(fresh) - service.desired)
    _stop(fleet, service, stopped)
    started = _start(fleet, service)
    fresh, obsolete = _sorted_out(fleet, service)
    ready = sum(task.running for task in fresh) == service.desired
    if note_alarms(fleet, service, ready=ready):
        return True
    if service.primary.state != "FAILED" and (ready or not service.shifts):
        running = sum(task.running for task in (*fresh, *obsolete))
        spare = max(running - service.percents.lower(service.desired), 0)
        stopped += _stop(fleet, service, obsolete[:spare])
        obsolete = obsolete[spare:]
    met = not obsolete and sum(task.running for task in fresh) == service.desired
    completed = note_progress(fleet, service, met=met)
    return bool(stopped or started or completed)


def _sorted_out(fleet: Fleet, service: ServiceState) -> tuple[list[Task], list[Task]]:
    """Tasks that may stay, and those of other deployments or on hosts that drain."""
    fresh: list[Task] = []
    obsolete: list[Task] = []
    for task in fleet.of_group(service.group):
        draining = task.host is not None and task.host.draining
        is_old = task.deployment != service.primary.id or draining
        (obsolete if is_old else fresh).append(task)
    return fresh, obsolete


def _surplus(fresh: Sequence[Task], number: int) -> list[Task]:
    """Tasks to stop when fewer are wanted: waiting ones, then the newest of the fullest zone."""
    chosen = [task for task in fresh if task.waiting][-number:] if number > 0 else []
    placed = [(task, task.host) for task in fresh if task.host is not None]
    while len(chosen) < number and placed:
        zones = Counter(host.zone for _, host in placed)
        last = max(reversed(placed), key=lambda one: zones[one[1].zone])
        placed.remove(last)
        chosen.append(last[0])
    return chosen


def _stop(fleet: Fleet, service: ServiceState, tasks: Sequence[Task]) -> list[Task]:
    reason = STOPPED_BY_SCHEDULER.format(service.primary.id)
    for task in tasks:
        fleet.stop(task, code="ServiceSchedulerInitiated", reason=reason)
    running = [task for task in tasks if task.host is not None]
    if running:
        say_tasks(fleet, service, "stopped", running)
    return list(tasks)


def _start(fleet: Fleet, service: ServiceState) -> bool:
    """Start what is missing, as far as ``maximumPercent`` allows; whether anything changed."""
    deployment = service.primary
    if deployment.state == "FAILED" or deployment.gave_up:
        return False
    fresh, obsolete = _sorted_out(fleet, service)
    waiting = [task for task in fresh if task.waiting]
    placed = len(fresh) - len(waiting)
    number = min(service.desired, service.percents.upper(service.desired) - len(obsolete)) - placed
    started: list[Task] = []
    added = False
    # what one task was refused, all after it are: they are of one definition
    refused: dict[str | None, Refusal] = {}
    for index in range(number):
        task = waiting[index] if index < len(waiting) else _new_task(fleet, service)
        if task.provider in refused:
            task.refusal = refused[task.provider]
        elif fleet.place(task):
            started.append(task)
            if not task.alive:
                break
            continue
        assert task.refusal is not None
        refused[task.provider] = task.refusal
        if task.provider is None:
            # without a capacity provider no task waits
            fleet.forget(task)
            break
        added |= index >= len(waiting)
    service.refusal = next(iter(refused.values()), None)
    note_start(fleet, service, started)
    return bool(started) or added


def _new_task(fleet: Fleet, service: ServiceState) -> Task:
    return fleet.add_task(
        service.primary.spec,
        service.group,
        deployment=service.primary.id,
        provider=_next_provider(fleet, service),
        expressions=service.expressions,
        distinct=service.distinct,
        strategy=service.strategy,
    )


def _next_provider(fleet: Fleet, service: ServiceState) -> str | None:
    if not service.providers:
        return None
    fresh, _ = _sorted_out(fleet, service)
    return share_of(service.providers, Counter(task.provider for task in fresh))


def _why_blocked(fleet: Fleet, service: ServiceState) -> str | None:
    deployment = service.primary
    if deployment.state == "FAILED":
        return f"(deployment {deployment.id}) deployment failed: tasks failed to start."
    if deployment.gave_up:
        return _UNSTARTED
    if service.refusal is not None:
        return f"{_UNPLACED} {service.refusal.message}"
    fresh, obsolete = _sorted_out(fleet, service)
    if service.daemon or (len(fresh) == service.desired and not obsolete):
        return None
    return _LOCKED
