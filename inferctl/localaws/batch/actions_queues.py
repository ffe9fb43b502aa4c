"""Job queues: created, described, updated, deleted."""

from __future__ import annotations

from typing import Any

from .errors import not_emulated, refused
from .jobs import WAITING
from .pages import page
from .scheduler import Scheduler, running_in
from .store import JobQueue, Region
from .views import queue_view

Call = dict[str, Any]

_REFUSED = ("schedulingPolicyArn", "serviceEnvironmentOrder")
_DELETED = "Job queue was deleted"


class QueueActions:
    """Actions on the job queues of one region."""

    def __init__(self, region: Region, scheduler: Scheduler) -> None:
        self._region = region
        self._scheduler = scheduler

    def create_job_queue(self, call: Call) -> Call:
        """A queue in front of one to three compute environments."""
        region, name = self._region, call["jobQueueName"]
        _refuse_others(call)
        if call.get("jobQueueType", "ECS") != "ECS":
            raise not_emulated(f"batch job queues of type {call['jobQueueType']}")
        if name in region.queues:
            raise refused(f"Object already exists: {name}")
        queue = JobQueue(
            name=name,
            arn=region.arn(f"job-queue/{name}"),
            settings={
                "priority": call["priority"],
                "computeEnvironmentOrder": self._order(call.get("computeEnvironmentOrder", [])),
                "jobStateTimeLimitActions": call.get("jobStateTimeLimitActions", []),
            },
            state=call.get("state", "ENABLED"),
        )
        region.queues[name] = queue
        region.tags[queue.arn] = dict(call.get("tags", {}))
        return _answer(queue)

    def describe_job_queues(self, call: Call) -> Call:
        """All of them, or those that are named and exist."""
        wanted = call.get("jobQueues")
        names = None if wanted is None else {one.rpartition("/")[2] for one in wanted}
        found = [
            queue_view(self._region, one)
            for one in self._region.queues.values()
            if names is None or one.name in names
        ]
        return page(call, "jobQueues", found)

    def update_job_queue(self, call: Call) -> Call:
        """Change what is given."""
        queue = self._region.queue(call["jobQueue"])
        _refuse_others(call)
        changes: Call = {key: value for key, value in call.items() if key in queue.settings}
        if "computeEnvironmentOrder" in call:
            changes["computeEnvironmentOrder"] = self._order(call["computeEnvironmentOrder"])
        queue.settings.update(changes)
        queue.state = call.get("state", queue.state)
        self._scheduler.settle(self._region)
        return _answer(queue)

    def delete_job_queue(self, call: Call) -> Call:
        """Only when it is disabled; its jobs are ended."""
        region = self._region
        queue = region.queue(call["jobQueue"])
        if queue.state != "DISABLED":
            raise refused("Cannot delete, state must be DISABLED")
        for job in running_in(region.jobs.values(), queue):
            if job.status in WAITING:
                self._scheduler.withdraw(region, job, _DELETED)
            else:
                self._scheduler.stop(job, _DELETED)
        del region.queues[queue.name]
        region.tags.pop(queue.arn, None)
        return {}

    def _order(self, given: list[Call]) -> list[Call]:
        if not 1 <= len(given) <= 3:
            raise refused("computeEnvironmentOrder must have 1 to 3 entries")
        if len({one["order"] for one in given}) < len(given):
            raise refused("computeEnvironmentOrder must not give one order twice")
        found = [self._region.environment(one["computeEnvironment"]) for one in given]
        for environment in found:
            if environment.problem is not None:
                raise refused(f"{environment.arn} is not in a valid state")
        return [
            {"order": one["order"], "computeEnvironment": environment.arn}
            for one, environment in zip(given, found, strict=True)
        ]


def _refuse_others(call: Call) -> None:
    for name in _REFUSED:
        if call.get(name):
            raise not_emulated(f"batch job queues with {name}")


def _answer(queue: JobQueue) -> Call:
    return {"jobQueueName": queue.name, "jobQueueArn": queue.arn}
