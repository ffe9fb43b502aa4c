"""What the service remembers of each region."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from inferctl.localaws.clients import ACCOUNT
from inferctl.localaws.cloudformation.scope import partition

from .errors import refused
from .jobs import Job


@dataclass(kw_only=True, eq=False)
class ComputeEnvironment:
    """``resources`` are its computeResources; ``problem`` is why it is INVALID."""

    name: str
    arn: str
    resources: dict[str, Any]
    settings: dict[str, Any]
    state: str = "ENABLED"
    problem: str | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def usable(self) -> bool:
        """Whether jobs may start in it."""
        return self.state == "ENABLED" and self.problem is None


@dataclass(kw_only=True, eq=False)
class JobQueue:
    """``waiting`` are its RUNNABLE jobs by id, oldest first."""

    name: str
    arn: str
    settings: dict[str, Any]
    state: str = "ENABLED"
    waiting: dict[str, Job] = field(default_factory=dict)

    @property
    def environments(self) -> list[str]:
        """The ARNs of its compute environments, in their order."""
        order = sorted(self.settings["computeEnvironmentOrder"], key=lambda one: one["order"])
        return [one["computeEnvironment"] for one in order]


@dataclass(kw_only=True, eq=False)
class JobDefinition:
    """One revision; ``body`` reads back as it was registered."""

    name: str
    arn: str
    revision: int
    body: dict[str, Any]
    status: str = "ACTIVE"


@dataclass(kw_only=True, eq=False)
class Region:
    """Everything in one region; ``tags`` are by ARN, ``pending`` jobs wait for others."""

    name: str
    environments: dict[str, ComputeEnvironment] = field(default_factory=dict)
    queues: dict[str, JobQueue] = field(default_factory=dict)
    definitions: dict[str, list[JobDefinition]] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    pending: dict[str, Job] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)

    def arn(self, resource: str, *, service: str = "batch") -> str:
        """The ARN of something in this region."""
        return f"arn:{partition(self.name)}:{service}:{self.name}:{ACCOUNT}:{resource}"

    def environment(self, name: str) -> ComputeEnvironment:
        """By name or ARN; raises `BatchError`."""
        found = self.environments.get(name.rpartition("/")[2])
        if found is None:
            raise refused(f"{name} does not exist")
        return found

    def queue(self, name: str) -> JobQueue:
        """By name or ARN; raises `BatchError`."""
        found = self.queues.get(name.rpartition("/")[2])
        if found is None:
            raise refused(f"JobQueue {name} not found")
        return found

    def job(self, identifier: str) -> Job:
        """By id or ARN; raises `BatchError`."""
        found = self.jobs.get(identifier.rpartition("/")[2])
        if found is None:
            raise refused(f"job {identifier} does not exist")
        return found

    def definition(self, name: str) -> JobDefinition:
        """By ARN, ``name:revision`` or name, which means its last active revision."""
        short, _, revision = name.rpartition("/")[2].partition(":")
        found = [
            one
            for one in self.definitions.get(short, [])
            if one.status == "ACTIVE" and revision in ("", str(one.revision))
        ]
        if not found:
            raise refused(f"JobDefinition {name} is not active or does not exist")
        return found[-1]

    def job_of_instance(self, instance_id: str) -> Job | None:
        """The job whose attempt runs on this instance."""
        for job in self.jobs.values():
            if job.attempts and job.attempts[-1].instance_id == instance_id:
                return job
        return None
