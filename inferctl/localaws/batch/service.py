"""The Batch service of the embedded AWS."""

from __future__ import annotations

import os
import re
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inferctl.localaws.clients import DEFAULT_REGION
from inferctl.localaws.http import HttpRequest, HttpResponse

from .actions_definitions import DefinitionActions
from .actions_environments import EnvironmentActions
from .actions_jobs import JobActions
from .actions_queues import QueueActions
from .actions_tags import TagActions
from .capacity import Machines, machines
from .containers import Machinery
from .errors import BatchError, not_emulated
from .images import LocalImage, local_image
from .protocol import failure, operation, parse_input, success
from .scheduler import Scheduler
from .store import Region

_Action = Callable[[dict[str, Any]], dict[str, Any]]
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class _Regional:
    """One region's state and actions."""

    def __init__(self, name: str, scheduler: Scheduler, known: Machines) -> None:
        self.region = Region(name=name)
        self._parts = (
            EnvironmentActions(self.region, scheduler, known),
            QueueActions(self.region, scheduler),
            DefinitionActions(self.region),
            JobActions(self.region, scheduler),
            TagActions(self.region),
        )

    def action(self, name: str) -> _Action:
        """The method that answers ``name``; raises 501."""
        method = _WORD.sub("_", name).lower()
        for part in self._parts:
            if hasattr(part, method):
                found: _Action = getattr(part, method)
                return found
        raise not_emulated(f"batch {name}")


class Batch:
    """Queues and jobs of one account; state is in memory, methods may be called from any thread.

    ``images`` says what runs in place of a container image, ``slots`` how many jobs run at once
    (one a core without it), and ``second`` how long a second of time limits lasts.
    """

    def __init__(
        self,
        work_dir: Path,
        *,
        images: Callable[[str], LocalImage] = local_image,
        known_machines: Machines = machines,
        slots: int | None = None,
        second: float = 1.0,
    ) -> None:
        self._lock = threading.RLock()
        self._machines = known_machines
        self._scheduler = Scheduler(
            Machinery(directory=work_dir, images=images, second=second),
            slots=slots or os.cpu_count() or 1,
            machines=known_machines,
            lock=self._lock,
        )
        self._regions: dict[str, _Regional] = {}

    def handle(self, request: HttpRequest, *, region: str) -> HttpResponse:
        """Answer one call; jobs go on in the background."""
        try:
            model = operation(request)
            with self._lock:
                action = self._regional(region).action(model.name)
                return success(model, action(parse_input(model, request)))
        except BatchError as error:
            return failure(error)

    def wait(self, job_id: str, *, seconds: float, region: str = DEFAULT_REGION) -> bool:
        """Whether a job ends within ``seconds``; raises `BatchError` for an unknown one."""
        with self._lock:
            job = self._regional(region).region.job(job_id)
        return job.ended.wait(seconds)

    def lose_host(self, job_id: str, *, region: str = DEFAULT_REGION) -> bool:
        """Take the machine away under a job, as spot capacity is; False if it does not run."""
        with self._lock:
            return self._scheduler.lose_host(self._regional(region).region.job(job_id))

    def pid(self, job_id: str, *, region: str = DEFAULT_REGION) -> int | None:
        """The first process of a job, None while it has none."""
        with self._lock:
            return self._scheduler.pid(self._regional(region).region.job(job_id))

    def status(self) -> dict[str, Any]:
        """Every queue with the number of its jobs in each status, as JSON values."""
        with self._lock:
            return {
                queue.name: {
                    "region": name,
                    "jobs": dict(
                        Counter(
                            job.status
                            for job in regional.region.jobs.values()
                            if job.queue == queue.arn
                        )
                    ),
                }
                for name, regional in self._regions.items()
                for queue in regional.region.queues.values()
            }

    def close(self) -> None:
        """Kill every job and wait until none is alive."""
        self._scheduler.close()

    def _regional(self, name: str) -> _Regional:
        if name not in self._regions:
            self._regions[name] = _Regional(name, self._scheduler, self._machines)
        return self._regions[name]
