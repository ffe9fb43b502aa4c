"""Jobs and their attempts, as the service remembers them."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WAITING = ("SUBMITTED", "PENDING", "RUNNABLE")
ACTIVE = ("STARTING", "RUNNING")
ENDED = ("SUCCEEDED", "FAILED")


def now_ms() -> int:
    """The time as every date of the API is given: milliseconds since 1970."""
    return int(time.time() * 1000)


@dataclass(kw_only=True, eq=False)
class Attempt:
    """One run of a job's container; what ended it is in ``reason`` and ``status_reason``."""

    number: int
    environment: str
    log_stream: str
    task_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    instance_id: str = field(default_factory=lambda: f"i-{uuid.uuid4().hex[:17]}")
    started: int | None = None
    stopped: int | None = None
    exit_code: int | None = None
    reason: str | None = None
    status_reason: str | None = None


@dataclass(kw_only=True, eq=False)
class Job:
    """A submitted job; ``container`` holds the definition's properties with the overrides."""

    id: str
    arn: str
    name: str
    queue: str
    definition: str
    definition_name: str
    container: Mapping[str, Any]
    retry: Mapping[str, Any]
    parameters: Mapping[str, str]
    timeout_seconds: int | None
    depends_on: tuple[str, ...]
    settings: Mapping[str, Any]
    status: str = "SUBMITTED"
    status_reason: str | None = None
    created: int = field(default_factory=now_ms)
    started: int | None = None
    stopped: int | None = None
    cancelled: bool = False
    terminated: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def resource(self, kind: str) -> int:
        """The GPUs, vCPUs or MiB of memory that the container asks for."""
        for asked in self.container.get("resourceRequirements", []):
            if asked["type"] == kind:
                return int(float(asked["value"]))
        return 0

    def end(self, status: str, reason: str | None) -> None:
        """Make ``status`` final and tell those who wait."""
        self.status, self.status_reason, self.stopped = status, reason, now_ms()
        self.ended.set()
