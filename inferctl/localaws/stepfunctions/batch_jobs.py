"""``batch:submitJob.sync``: the state waits for its job, and ends it when nobody waits any more."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from inferctl.localaws import clients
from inferctl.localaws.parts import BatchPart

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.1


class AwaitedJob:
    """A submitted job; calling it gives the state's output, or raises the state's error."""

    def __init__(
        self, job_id: str, resolve: Callable[[], Any], *, part: BatchPart, region: str
    ) -> None:
        self._job_id = job_id
        self._resolve = resolve
        self._part = part
        self._region = region

    def __call__(self) -> Any:
        return self._resolve()

    def wait(self, still_wanted: Callable[[], bool]) -> bool:
        """Until the job ends; False when the state was stopped or timed out before."""
        while still_wanted():
            if self._part.wait(self._job_id, seconds=_LOOK_SECONDS, region=self._region):
                return True
        return False

    def terminate(self, execution: str) -> None:
        """End the job, as Step Functions does for integrations that it waits for."""
        reason = f"Terminated by Step Functions: {execution} no longer waits for it"
        try:
            batch = clients.client("batch", self._region)
            batch.terminate_job(jobId=self._job_id, reason=reason)
        except (ClientError, BotoCoreError) as error:
            # AWS tries once, too
            log.warning("job %s could not be terminated: %s", self._job_id, error)
