"""One task of a service on every container instance that its constraints select."""

from __future__ import annotations

from .deployments import note_progress, note_start, say_tasks
from .fleet import Fleet
from .host import Host
from .placement import Refusal, satisfies, why_not
from .service import ServiceState
from .task import Task

STOPPED_BY_SCHEDULER = "Scaling activity initiated by (deployment {})"


def wants(service: ServiceState, host: Host) -> bool:
    """Whether a daemon belongs on ``host``."""
    expressions = (*service.primary.spec.expressions, *service.expressions)
    providers = {share.provider for share in service.providers}
    in_reach = not providers or host.provider in providers
    return in_reach and not host.draining and satisfies(host, expressions)


def new_daemon(fleet: Fleet, service: ServiceState) -> Task:
    """A task of the service that is not in the fleet yet."""
    return Task(
        id=fleet.new_id(),
        spec=service.primary.spec,
        group=service.group,
        created=fleet.now(),
        deployment=service.primary.id,
        expressions=service.expressions,
        daemon=True,
    )


def reconcile_daemon(fleet: Fleet, service: ServiceState) -> bool:
    """One round; whether anything changed."""
    hosts = [host for host in fleet.hosts.values() if wants(service, host)]
    service.desired = len(hosts)
    tasks = fleet.of_group(service.group)
    deployment = service.primary
    surplus = [task for task in tasks if task.host not in hosts]
    outdated = [task for task in tasks if task.deployment != deployment.id and task.host in hosts]
    if deployment.state != "FAILED":
        spare = len(tasks) - len(surplus) - service.percents.lower(service.desired)
        surplus += outdated[: max(spare, 0)]
    for task in surplus:
        reason = STOPPED_BY_SCHEDULER.format(deployment.id)
        fleet.stop(task, code="ServiceSchedulerInitiated", reason=reason)
    if surplus:
        say_tasks(fleet, service, "stopped", surplus)
    covered = {task.host for task in tasks if task.alive}
    started = _start(fleet, service, [host for host in hosts if host not in covered])
    current = sum(
        task.running and task.deployment == service.primary.id
        for task in fleet.of_group(service.group)
    )
    completed = note_progress(fleet, service, met=current == len(hosts))
    return bool(surplus or started or completed)


def _start(fleet: Fleet, service: ServiceState, hosts: list[Host]) -> list[Task]:
    started: list[Task] = []
    service.refusal = None
    if service.primary.state == "FAILED" or service.primary.gave_up:
        return started
    for host in hosts:
        task = new_daemon(fleet, service)
        reason = why_not(host, task)
        if reason is not None:
            service.refusal = Refusal(reason=reason, host_id=host.id)
            continue
        task.provider = host.provider
        fleet.place_on(host, fleet.enter(task))
        started.append(task)
        if not task.alive:
            break
    note_start(fleet, service, started)
    return started
