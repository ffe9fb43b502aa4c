"""Compute environments, queues, job definitions and jobs, in the words of the API."""

from __future__ import annotations

from typing import Any

from inferctl.localaws.clients import ACCOUNT
from inferctl.localaws.cloudformation.scope import partition

from .jobs import Attempt, Job
from .store import ComputeEnvironment, JobDefinition, JobQueue, Region


def environment_view(
    region: Region, environment: ComputeEnvironment, *, vcpus_in_use: int
) -> dict[str, Any]:
    """A compute environment; its instances are records, as many as its jobs need."""
    resources = environment.resources
    wanted = max(resources["minvCpus"], vcpus_in_use)
    return {
        **environment.settings,
        "computeEnvironmentName": environment.name,
        "computeEnvironmentArn": environment.arn,
        "ecsClusterArn": region.arn(
            f"cluster/AWSBatch-{environment.name}-{environment.id}", service="ecs"
        ),
        "type": "MANAGED",
        "state": environment.state,
        "status": "VALID" if environment.problem is None else "INVALID",
        "statusReason": environment.problem or "ComputeEnvironment Healthy",
        "computeResources": {**resources, "desiredvCpus": wanted},
        "containerOrchestrationType": "ECS",
        "uuid": environment.id,
        "tags": region.tags.get(environment.arn, {}),
    }


def queue_view(region: Region, queue: JobQueue) -> dict[str, Any]:
    """A job queue."""
    return {
        **queue.settings,
        "jobQueueName": queue.name,
        "jobQueueArn": queue.arn,
        "state": queue.state,
        "status": "VALID",
        "statusReason": "JobQueue Healthy",
        "jobQueueType": "ECS",
        "tags": region.tags.get(queue.arn, {}),
    }


def definition_view(region: Region, definition: JobDefinition) -> dict[str, Any]:
    """A revision as it was registered, with what Batch adds."""
    return {
        **definition.body,
        "jobDefinitionName": definition.name,
        "jobDefinitionArn": definition.arn,
        "revision": definition.revision,
        "status": definition.status,
        "containerOrchestrationType": "ECS",
        "tags": region.tags.get(definition.arn, {}),
    }


def job_view(region: Region, job: Job) -> dict[str, Any]:
    """A job with all its attempts."""
    ended = [_attempt_view(region, one) for one in job.attempts if one.stopped is not None]
    timeout = job.timeout_seconds
    return {
        **job.settings,
        "jobArn": job.arn,
        "jobName": job.name,
        "jobId": job.id,
        "jobQueue": job.queue,
        "jobDefinition": job.definition,
        "status": job.status,
        "statusReason": job.status_reason,
        "attempts": ended,
        "createdAt": job.created,
        "startedAt": job.started,
        "stoppedAt": job.stopped,
        "retryStrategy": job.retry,
        "dependsOn": [{"jobId": one} for one in job.depends_on],
        "parameters": job.parameters,
        "container": {**job.container, **_last_view(region, job)},
        "timeout": None if timeout is None else {"attemptDurationSeconds": timeout},
        "tags": region.tags.get(job.arn, {}),
        "platformCapabilities": ["EC2"],
        "isCancelled": job.cancelled,
        "isTerminated": job.terminated,
    }


def summary_view(job: Job) -> dict[str, Any]:
    """A job in a list."""
    last = job.attempts[-1] if job.attempts else None
    view = {
        "jobArn": job.arn,
        "jobId": job.id,
        "jobName": job.name,
        "createdAt": job.created,
        "status": job.status,
        "statusReason": job.status_reason,
        "startedAt": job.started,
        "stoppedAt": job.stopped,
        "jobDefinition": job.definition,
        "isCancelled": job.cancelled,
        "isTerminated": job.terminated,
    }
    if last is not None:
        view["container"] = {"exitCode": last.exit_code, "reason": last.reason}
    return view


def _last_view(region: Region, job: Job) -> dict[str, Any]:
    return _container_view(region, job.attempts[-1]) if job.attempts else {}


def _attempt_view(region: Region, attempt: Attempt) -> dict[str, Any]:
    return {
        "container": _container_view(region, attempt),
        "startedAt": attempt.started,
        "stoppedAt": attempt.stopped,
        "statusReason": attempt.status_reason,
        "taskProperties": [],
    }


def _container_view(region: Region, attempt: Attempt) -> dict[str, Any]:
    cluster = f"AWSBatch-{attempt.environment}"
    return {
        "containerInstanceArn": region.arn(
            f"container-instance/{cluster}/{attempt.instance_id}", service="ecs"
        ),
        "taskArn": region.arn(f"task/{cluster}/{attempt.task_id}", service="ecs"),
        "exitCode": attempt.exit_code,
        "reason": attempt.reason,
        "logStreamName": attempt.log_stream,
        "networkInterfaces": [],
    }


def service_role(region: str) -> str:
    """The role that Batch makes for itself where none is given."""
    role = "role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
    return f"arn:{partition(region)}:iam::{ACCOUNT}:{role}"
