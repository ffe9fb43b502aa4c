"""Jobs: submitted, described, listed, cancelled, terminated."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

from .definitions import (
    completed_retry,
    overridden,
    retry_problems,
    timeout_problems,
)
from .errors import not_emulated, refused
from .jobs import WAITING, Job
from .pages import page
from .scheduler import Scheduler
from .store import JobDefinition, JobQueue, Region
from .views import job_view, summary_view

Call = dict[str, Any]

_REFUSED = (
    "arrayProperties",
    "nodeOverrides",
    "eksPropertiesOverride",
    "ecsPropertiesOverride",
    "consumableResourcePropertiesOverride",
    "shareIdentifier",
    "schedulingPriorityOverride",
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_FILTERS = ("JOB_NAME", "JOB_DEFINITION", "BEFORE_CREATED_AT", "AFTER_CREATED_AT")
_MOST_DEPENDENCIES = 20


class JobActions:
    """Actions on the jobs of one region."""

    def __init__(self, region: Region, scheduler: Scheduler) -> None:
        self._region = region
        self._scheduler = scheduler

    def submit_job(self, call: Call) -> Call:
        """A job of a definition, with what the call overrides."""
        for name in _REFUSED:
            if name in call:
                raise not_emulated(f"batch jobs with {name}")
        region = self._region
        queue = region.queue(call["jobQueue"])
        definition = region.definition(call["jobDefinition"])
        problems = list(self._problems(call, queue))
        if problems:
            raise refused("; ".join(problems))
        job = self._job(call, queue, definition)
        region.tags[job.arn] = {
            **(region.tags.get(definition.arn, {}) if job.settings["propagateTags"] else {}),
            **call.get("tags", {}),
        }
        self._scheduler.submit(region, job)
        return {"jobArn": job.arn, "jobName": job.name, "jobId": job.id}

    def describe_jobs(self, call: Call) -> Call:
        """Those that exist, of up to a hundred."""
        if len(call["jobs"]) > 100:
            raise refused("jobs may have 100 entries")
        jobs = self._region.jobs
        wanted = [one.rpartition("/")[2] for one in call["jobs"]]
        return {"jobs": [job_view(self._region, jobs[one]) for one in wanted if one in jobs]}

    def list_jobs(self, call: Call) -> Call:
        """Those of a queue: RUNNING ones, or of a status, or by one filter."""
        for name in ("arrayJobId", "multiNodeJobId"):
            if name in call:
                raise not_emulated(f"batch ListJobs with {name}")
        if "jobQueue" not in call:
            raise refused("jobQueue is required")
        queue = self._region.queue(call["jobQueue"])
        filters = call.get("filters", [])
        status = call.get("jobStatus", "RUNNING")
        found = [
            summary_view(job)
            for job in self._region.jobs.values()
            if job.queue == queue.arn
            and (_chosen(job, filters) if filters else job.status == status)
        ]
        # docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html: newest first with filters
        return page(call, "jobSummaryList", found[::-1] if filters else found)

    def cancel_job(self, call: Call) -> Call:
        """End a job that has not been started; nothing happens to others."""
        job = self._region.job(call["jobId"])
        if job.status in WAITING:
            job.cancelled = True
            self._scheduler.withdraw(self._region, job, call["reason"])
        return {}

    def terminate_job(self, call: Call) -> Call:
        """End a job wherever it is; nothing happens to one that has ended."""
        job = self._region.job(call["jobId"])
        if job.status in WAITING:
            job.terminated = True
            self._scheduler.withdraw(self._region, job, call["reason"])
        elif not job.ended.is_set():
            self._scheduler.stop(job, call["reason"])
        return {}

    def _problems(self, call: Call, queue: JobQueue) -> Iterator[str]:
        if not _NAME.fullmatch(call["jobName"]):
            yield f"jobName must match {_NAME.pattern}, got {call['jobName']!r}"
        if queue.state != "ENABLED":
            yield f"JobQueue {queue.arn} is not in state ENABLED"
        if len(call.get("dependsOn", [])) > _MOST_DEPENDENCIES:
            yield f"dependsOn may have {_MOST_DEPENDENCIES} entries"
        for one in call.get("dependsOn", []):
            if "type" in one:
                raise not_emulated(f"batch dependencies of type {one['type']}")
            if one.get("jobId") not in self._region.jobs:
                yield f"job {one.get('jobId')} of dependsOn does not exist"
        yield from retry_problems(call.get("retryStrategy", {}))
        yield from timeout_problems(call.get("timeout", {}))

    def _job(self, call: Call, queue: JobQueue, definition: JobDefinition) -> Job:
        body = definition.body
        parameters = {**body["parameters"], **call.get("parameters", {})}
        identifier = str(uuid.uuid4())
        timeout = {**body.get("timeout", {}), **call.get("timeout", {})}
        retry = call.get("retryStrategy") or body.get("retryStrategy", {})
        propagate = call.get("propagateTags", body.get("propagateTags", False))
        return Job(
            id=identifier,
            arn=self._region.arn(f"job/{identifier}"),
            name=call["jobName"],
            queue=queue.arn,
            definition=definition.arn,
            definition_name=definition.name,
            container=overridden(
                body["containerProperties"], call.get("containerOverrides", {}), parameters
            ),
            retry=completed_retry(retry),
            parameters=parameters,
            timeout_seconds=timeout.get("attemptDurationSeconds"),
            depends_on=tuple(one["jobId"] for one in call.get("dependsOn", [])),
            settings={"propagateTags": propagate},
        )


def _chosen(job: Job, filters: list[Call]) -> bool:
    if len(filters) > 1:
        raise refused("filters may have one entry")
    name, values = filters[0].get("name", ""), filters[0].get("values", [])
    if name not in _FILTERS or len(values) != 1:
        raise refused(f"a filter has one value and one of the names {', '.join(_FILTERS)}")
    value = values[0]
    if name == "BEFORE_CREATED_AT":
        return job.created < int(value)
    if name == "AFTER_CREATED_AT":
        return job.created > int(value)
    text = job.name if name == "JOB_NAME" else job.definition.rpartition("/")[2]
    if value.endswith("*"):
        return text.casefold().startswith(value[:-1].casefold())
    # a definition is also meant by its name without a revision, or by its ARN
    return value.casefold() in {
        text.casefold(),
        *((job.definition_name.casefold(), job.definition.casefold()) if name[4] == "D" else ()),
    }
