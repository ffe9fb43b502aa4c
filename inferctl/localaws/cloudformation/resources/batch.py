"""Batch: compute environments, job queues and job definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inferctl.localaws.cloudformation.errors import ResourceFailedError
from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, changed_names, names, without
from .fit import call

# what AWS changes without a new infrastructure
# docs.aws.amazon.com/batch/latest/userguide/updating-compute-environments.html
_SCALING = names("DesiredvCpus MaxvCpus MinvCpus UpdateToLatestImageVersion")
_UPDATE_ONLY = "UpdateToLatestImageVersion"


def _create_environment(request: Request) -> Made:
    properties = request.properties
    name = properties.get("ComputeEnvironmentName") or request.name(128)
    arguments = without(properties, "ReplaceComputeEnvironment", "UpdatePolicy")
    # the CDK writes "managed"
    arguments["Type"] = str(properties["Type"]).upper()
    arguments["ComputeEnvironmentName"] = name
    if "ComputeResources" in properties:
        arguments["ComputeResources"] = without(properties["ComputeResources"], _UPDATE_ONLY)
    answer = call(request, "batch", "create_compute_environment", arguments)
    arn = answer["computeEnvironmentArn"]
    request.announce(arn)
    if "UpdatePolicy" in properties:
        policy = {"UpdatePolicy": properties["UpdatePolicy"]}
        call(request, "batch", "update_compute_environment", policy, computeEnvironment=arn)
    try:
        return _valid_environment(request, arn)
    except ResourceFailedError:
        # one that an update makes is not known to the stack yet
        _remove_environment(request, arn)
        raise


def _update_environment(request: Request, live: LiveResource) -> Made:
    """In place where AWS does; otherwise there is a new one, and the old one goes in the end."""
    properties, arn = request.properties, live.physical_id
    resources = properties.get("ComputeResources", {})
    changed = changed_names(live.properties.get("ComputeResources", {}), resources)
    replaces = str(properties.get("ReplaceComputeEnvironment", True)).lower() == "true"
    if changed - _SCALING and replaces:
        return _create_environment(request)
    arguments: dict[str, Any] = {"State": "ENABLED"}
    for name in ("Context", "ServiceRole", "State", "UpdatePolicy"):
        if name in properties:
            arguments[name] = properties[name]
    if changed:
        arguments["ComputeResources"] = {
            key: value for key, value in resources.items() if key in changed
        }
    call(request, "batch", "update_compute_environment", arguments, computeEnvironment=arn)
    return _valid_environment(request, arn)


def _valid_environment(request: Request, arn: str) -> Made:
    found = request.client("batch").describe_compute_environments(computeEnvironments=[arn])
    environment = found["computeEnvironments"][0]
    if environment["status"] != "VALID":
        raise ResourceFailedError(
            f"compute environment {arn} is {environment['status']}: {environment['statusReason']}"
        )
    return Made(arn, {"ComputeEnvironmentArn": arn})


def _delete_environment(request: Request, live: LiveResource) -> None:
    _remove_environment(request, live.physical_id)


def _remove_environment(request: Request, arn: str) -> None:
    batch = request.client("batch")
    if batch.describe_compute_environments(computeEnvironments=[arn])["computeEnvironments"]:
        batch.update_compute_environment(computeEnvironment=arn, state="DISABLED")
        batch.delete_compute_environment(computeEnvironment=arn)


def _create_queue(request: Request) -> Made:
    name = request.properties.get("JobQueueName") or request.name(128)
    arguments = {**request.properties, "JobQueueName": name}
    arn = call(request, "batch", "create_job_queue", arguments)["jobQueueArn"]
    return Made(arn, {"JobQueueArn": arn})


def _update_queue(request: Request, live: LiveResource) -> Made:
    settings = without(request.properties, "JobQueueName", "JobQueueType", "Tags")
    arguments = {"State": "ENABLED", "JobStateTimeLimitActions": [], **settings}
    call(request, "batch", "update_job_queue", arguments, jobQueue=live.physical_id)
    return Made(live.physical_id, live.attributes)


def _delete_queue(request: Request, live: LiveResource) -> None:
    """Its jobs end with it, as they do on AWS."""
    batch, arn = request.client("batch"), live.physical_id
    if batch.describe_job_queues(jobQueues=[arn])["jobQueues"]:
        batch.update_job_queue(jobQueue=arn, state="DISABLED")
        batch.delete_job_queue(jobQueue=arn)


def _register(request: Request, name: str) -> Made:
    arguments: Mapping[str, Any] = {**request.properties, "JobDefinitionName": name}
    arn = call(request, "batch", "register_job_definition", arguments)["jobDefinitionArn"]
    return Made(arn, {"JobDefinitionArn": arn})


def _create_definition(request: Request) -> Made:
    return _register(request, request.properties.get("JobDefinitionName") or request.name(128))


def _update_definition(request: Request, live: LiveResource) -> Made:
    """A new revision; the one before it is deregistered in the end."""
    return _register(request, live.physical_id.rpartition("/")[2].partition(":")[0])


def _delete_definition(request: Request, live: LiveResource) -> None:
    batch, arn = request.client("batch"), live.physical_id
    found = batch.describe_job_definitions(jobDefinitions=[arn])["jobDefinitions"]
    if found and found[0]["status"] == "ACTIVE":
        batch.deregister_job_definition(jobDefinition=arn)


TYPES: dict[str, ResourceType] = {
    "AWS::Batch::ComputeEnvironment": ResourceType(
        _create_environment,
        _delete_environment,
        names(
            "ComputeEnvironmentName ComputeResources Context ReplaceComputeEnvironment ServiceRole"
            " State Tags Type UpdatePolicy"
        ),
        update=_update_environment,
        replace_on=names("ComputeEnvironmentName Tags Type"),
    ),
    "AWS::Batch::JobQueue": ResourceType(
        _create_queue,
        _delete_queue,
        names(
            "ComputeEnvironmentOrder JobQueueName JobQueueType JobStateTimeLimitActions Priority"
            " State Tags"
        ),
        update=_update_queue,
        replace_on=names("JobQueueName JobQueueType Tags"),
    ),
    "AWS::Batch::JobDefinition": ResourceType(
        _create_definition,
        _delete_definition,
        names(
            "ContainerProperties JobDefinitionName Parameters PlatformCapabilities PropagateTags"
            " RetryStrategy SchedulingPriority Tags Timeout Type"
        ),
        update=_update_definition,
        replace_on=names("JobDefinitionName Tags Type"),
    ),
}
