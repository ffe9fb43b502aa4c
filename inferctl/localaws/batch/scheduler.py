"""Starts jobs where there is room, first in first out, and follows them to their end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from .capacity import Machines, holds
from .containers import Container, Machinery
from .jobs import Attempt, Job, now_ms
from .logs import stream_name
from .retries import retries
from .store import ComputeEnvironment, JobQueue, Region

log = logging.getLogger("batch")

# docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html
_TOO_LARGE = (
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is"
    " higher than that can be met by the CE(s) attached to the job queue."
)
_TOO_MANY_VCPUS = (
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue cannot"
    " meet the job's vCPU requirement with their maxvCpus."
)
_DEPENDENCY_FAILED = "Dependent Job failed"
_CLOSE_SECONDS = 10.0


@dataclass(frozen=True)
class _Run:
    region: Region
    queue: JobQueue
    job: Job
    container: Container


class Scheduler:
    """All jobs of the service. Everything but `close` is called while ``lock`` is held.

    ``slots`` is how many jobs run on this machine at once, whatever compute environments allow.
    """

    def __init__(
        self, machinery: Machinery, *, slots: int, machines: Machines, lock: threading.RLock
    ) -> None:
        self._machinery = machinery
        self._slots = slots
        self._machines = machines
        self._lock = lock
        self._runs: dict[str, _Run] = {}
        self._closed = False

    def submit(self, region: Region, job: Job) -> None:
        """Take a new job."""
        region.jobs[job.id] = job
        if job.depends_on:
            job.status = "PENDING"
            region.pending[job.id] = job
        else:
            self._queue_up(region, job)
        self.settle(region)

    def settle(self, region: Region) -> None:
        """Start what can start now."""
        for job in list(region.pending.values()):
            self._follow_dependencies(region, job)
        for queue in sorted(region.queues.values(), key=lambda one: -one.settings["priority"]):
            while queue.waiting and not self._closed:
                # strictly in turn: a job that cannot start holds up its queue, as it does on AWS
                job = next(iter(queue.waiting.values()))
                environment = self._environment_for(region, queue, job)
                if environment is None or len(self._runs) >= self._slots:
                    break
                del queue.waiting[job.id]
                self._start(region, queue, job, environment)

    def withdraw(self, region: Region, job: Job, reason: str) -> None:
        """End a job that has not been started."""
        region.pending.pop(job.id, None)
        for queue in region.queues.values():
            queue.waiting.pop(job.id, None)
        job.end("FAILED", reason)
        self.settle(region)

    def stop(self, job: Job, reason: str) -> None:
        """Ask a job that was started to end."""
        job.terminated = True
        if job.id in self._runs:
            self._runs[job.id].container.stop(reason)

    def lose_host(self, job: Job) -> bool:
        """Take the machine away under a job; False if it does not run."""
        if job.id not in self._runs:
            return False
        self._runs[job.id].container.lose()
        return True

    def pid(self, job: Job) -> int | None:
        """Of a running job's first process."""
        run = self._runs.get(job.id)
        return run.container.pid if run is not None else None

    def vcpus_in_use(self, environment: ComputeEnvironment) -> int:
        """By the jobs that run in a compute environment."""
        return sum(
            run.job.resource("VCPU")
            for run in self._runs.values()
            if run.job.attempts[-1].environment == environment.name
        )

    def close(self) -> None:
        """Kill every job and wait until none is alive."""
        with self._lock:
            self._closed = True
            for run in self._runs.values():
                run.container.stop("the embedded AWS is shutting down", at_once=True)
        deadline = time.monotonic() + _CLOSE_SECONDS
        while self._runs and time.monotonic() < deadline:
            time.sleep(0.01)

    def _queue_up(self, region: Region, job: Job) -> None:
        job.status = "RUNNABLE"
        region.queue(job.queue).waiting[job.id] = job

    def _follow_dependencies(self, region: Region, job: Job) -> None:
        states = {region.jobs[one].status for one in job.depends_on}
        if "FAILED" in states:
            del region.pending[job.id]
            job.end("FAILED", _DEPENDENCY_FAILED)
        elif states == {"SUCCEEDED"}:
            del region.pending[job.id]
            self._queue_up(region, job)

    def _environment_for(
        self, region: Region, queue: JobQueue, job: Job
    ) -> ComputeEnvironment | None:
        """The first with room; when none could ever have any, the job says why."""
        usable = [
            one for one in (region.environment(arn) for arn in queue.environments) if one.usable
        ]
        large = [one for one in usable if holds(one, job, region.name, self._machines)]
        wanted = job.resource("VCPU")
        enough = [one for one in large if one.resources["maxvCpus"] >= wanted]
        if usable and not enough:
            self._block(region, queue, job, _TOO_MANY_VCPUS if large else _TOO_LARGE)
        for one in enough:
            if self.vcpus_in_use(one) + wanted <= one.resources["maxvCpus"]:
                return one
        return None

    def _block(self, region: Region, queue: JobQueue, job: Job, reason: str) -> None:
        if job.status_reason == reason:
            return
        job.status_reason = reason
        log.warning("%s: %s", job.name, reason)
        for action in queue.settings.get("jobStateTimeLimitActions", []):
            if reason.startswith(action["reason"]):
                seconds = action["maxTimeSeconds"] * self._machinery.second
                timer = threading.Timer(seconds, self._expire, (region, job, reason))
                timer.daemon = True
                timer.start()

    def _expire(self, region: Region, job: Job, reason: str) -> None:
        with self._lock:
            if job.status == "RUNNABLE" and job.status_reason == reason and not self._closed:
                job.cancelled = True
                self.withdraw(region, job, reason)

    def _start(
        self, region: Region, queue: JobQueue, job: Job, environment: ComputeEnvironment
    ) -> None:
        attempt = Attempt(number=len(job.attempts) + 1, environment=environment.name, log_stream="")
        settings = job.container.get("logConfiguration", {})
        attempt.log_stream = stream_name(job.definition_name, settings, attempt.task_id)
        job.attempts.append(attempt)
        job.status, job.status_reason = "STARTING", None
        container = Container(self._machinery, job, attempt, queue=queue.name)
        self._runs[job.id] = _Run(region, queue, job, container)
        threading.Thread(
            target=self._run, args=(self._runs[job.id],), daemon=True, name="batch-job"
        ).start()

    def _run(self, run: _Run) -> None:
        job = run.job

        def started() -> None:
            job.started = job.started or now_ms()
            job.status = "RUNNING"

        try:
            run.container.run(started)
        except Exception as error:
            # whatever breaks here must not hold the job's slot, nor those who wait for it
            log.exception("%s could not be run", job.name)
            job.attempts[-1].reason = f"{type(error).__name__}: {error}"
        with self._lock:
            del self._runs[job.id]
            self._finish(run)
            self.settle(run.region)

    def _finish(self, run: _Run) -> None:
        job, attempt = run.job, run.job.attempts[-1]
        if attempt.exit_code == 0 and not run.container.stopped:
            job.end("SUCCEEDED", attempt.status_reason)
        elif self._tries_again(run, attempt):
            job.status = "RUNNABLE"
            run.queue.waiting = {job.id: job, **run.queue.waiting}
        else:
            job.end("FAILED", attempt.status_reason)
        log.info("%s: %s: %s", job.name, job.status, attempt.reason or attempt.status_reason)

    def _tries_again(self, run: _Run, attempt: Attempt) -> bool:
        given_up = run.container.stopped or run.job.terminated or self._closed
        there = run.queue.name in run.region.queues
        return there and not given_up and retries(run.job.retry, attempt)


def running_in(jobs: Iterable[Job], queue: JobQueue) -> list[Job]:
    """The jobs of a queue that have not ended."""
    return [job for job in jobs if job.queue == queue.arn and not job.ended.is_set()]
