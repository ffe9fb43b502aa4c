"""The life of a deployment: begun, completed, failed by the circuit breaker and rolled back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .fleet import Fleet
from .service import Deployment, ServiceState
from .task import Task, TaskSpec

# without a circuit breaker ECS goes on for ever, with growing pauses
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
_PATIENCE = 10


def begin(
    fleet: Fleet,
    service: ServiceState,
    spec: TaskSpec,
    settings: Mapping[str, Any],
) -> Deployment:
    """Make a new primary deployment; tasks of the others become obsolete."""
    number = int(fleet.new_id()[-15:], 16)
    now = fleet.now()
    deployment = Deployment(
        id=f"ecs-svc/{number:019d}",
        spec=spec,
        created=now,
        updated=now,
        settings=settings,
    )
    deployment.reason = f"ECS deployment {deployment.id} in progress."
    if service.deployments:
        deployment.second = service.shifts is not service.primary.second
    service.deployments.insert(0, deployment)
    service.refusal = None
    return deployment


def resume(fleet: Fleet, service: ServiceState, deployment: Deployment) -> None:
    """Make an earlier deployment the primary one again; those of its tasks that run stay."""
    service.deployments.remove(deployment)
    service.deployments.insert(0, deployment)
    deployment.state, deployment.updated = "IN_PROGRESS", fleet.now()
    deployment.failed_tasks, deployment.gave_up = 0, False
    deployment.reason = f"ECS deployment {deployment.id} in progress."
    service.refusal = None


def note_start(fleet: Fleet, service: ServiceState, started: Sequence[Task]) -> None:
    """Count tasks that were started, of which the last may have ended at once."""
    if not started:
        return
    say_tasks(fleet, service, "started", started)
    deployment = service.primary
    if started[-1].alive:
        if service.breaker is None or service.breaker.resets:
            deployment.failed_tasks = 0
        return
    deployment.failed_tasks += 1
    if service.breaker is None:
        if deployment.failed_tasks >= _PATIENCE:
            deployment.gave_up = True
    elif deployment.failed_tasks >= service.breaker.threshold(service.desired):
        _fail(fleet, service, deployment)


def note_alarms(fleet: Fleet, service: ServiceState, *, ready: bool) -> bool:
    """Roll the primary deployment back where an alarm says so, once its tasks run; whether it
    did."""
    deployment, completed = service.primary, service.completed
    if not (ready and deployment.tripped) or completed in (None, deployment):
        return False
    assert completed is not None
    deployment.state, deployment.updated = "FAILED", fleet.now()
    deployment.reason = f"ECS deployment alarms: {', '.join(deployment.tripped)} in ALARM."
    say(fleet, service, f"(deployment {deployment.id}) deployment failed: alarm detected.")
    say(fleet, service, f"rolling back to (deployment {completed.id}).")
    resume(fleet, service, completed)
    completed.is_rollback = True
    completed.reason = f"ECS deployment alarms: rolling back to deploymentId {completed.id}."
    return True


def note_progress(fleet: Fleet, service: ServiceState, *, met: bool) -> bool:
    """Complete the primary deployment once all that it wants runs; whether that was now."""
    deployment = service.primary
    if not met:
        return False
    service.refusal = None
    if deployment.state != "IN_PROGRESS":
        return False
    deployment.state, deployment.is_rollback = "COMPLETED", False
    deployment.reason = f"ECS deployment {deployment.id} completed."
    deployment.updated = fleet.now()
    service.completed = deployment
    del service.deployments[1:]
    say(fleet, service, f"(deployment {deployment.id}) deployment completed.")
    say(fleet, service, "has reached a steady state.")
    return True


def say(fleet: Fleet, service: ServiceState, text: str) -> None:
    """Add an event to the service's history."""
    service.say(fleet.new_id(), fleet.now(), text)


def say_tasks(fleet: Fleet, service: ServiceState, verb: str, tasks: Sequence[Task]) -> None:
    """Say that tasks were started or stopped."""
    shown = " ".join(f"(task {task.id})" for task in tasks)
    say(fleet, service, f"has {verb} {len(tasks)} tasks: {shown}.")


def _fail(fleet: Fleet, service: ServiceState, deployment: Deployment) -> None:
    deployment.state = "FAILED"
    deployment.reason = "ECS deployment circuit breaker: tasks failed to start."
    deployment.updated = fleet.now()
    say(fleet, service, f"(deployment {deployment.id}) deployment failed: tasks failed to start.")
    completed = service.completed
    rolls_back = service.breaker is not None and service.breaker.rollback
    if not rolls_back or completed is None or deployment.is_rollback:
        return
    say(fleet, service, f"rolling back to (deployment {completed.id}).")
    resume(fleet, service, completed)
    completed.is_rollback = True
    completed.reason = (
        f"ECS deployment circuit breaker: rolling back to deploymentId {completed.id}."
    )
