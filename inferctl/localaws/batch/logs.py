"""The log stream of one attempt."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from inferctl.localaws import clients

# docs.aws.amazon.com/batch/latest/userguide/using_awslogs.html
GROUP = "/aws/batch/job"
# docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
_MOST_EVENTS = 1000
_FLUSH_SECONDS = 1.0


class NoLogGroupError(LookupError):
    """The container's log group does not exist, so the container does not start."""


class LogStream:
    """Writes the lines of an attempt; raises `NoLogGroupError` when made."""

    def __init__(self, name: str, settings: Mapping[str, Any], *, region: str) -> None:
        options = settings.get("options", {})
        self._group = options.get("awslogs-group", GROUP)
        self._logs = clients.client("logs", options.get("awslogs-region", region))
        self._name = name
        self._held: list[dict[str, Any]] = []
        self._written = time.monotonic()
        if self._group == GROUP or options.get("awslogs-create-group") == "true":
            self._create_group()
        try:
            self._logs.create_log_stream(logGroupName=self._group, logStreamName=name)
        except self._logs.exceptions.ResourceNotFoundException as error:
            raise NoLogGroupError(
                "failed to initialize logging driver: failed to create Cloudwatch log stream:"
                f" ResourceNotFoundException: The specified log group does not exist: {self._group}"
            ) from error

    def write(self, lines: list[str]) -> None:
        """Keep ``lines`` for a second at most."""
        now = time.time()
        self._held += [{"timestamp": int(now * 1000), "message": line} for line in lines if line]
        old = time.monotonic() - self._written > _FLUSH_SECONDS
        if self._held and (old or len(self._held) >= _MOST_EVENTS):
            self.flush()

    def flush(self) -> None:
        """Write what is kept; a group that was deleted in the meantime stays deleted."""
        while self._held:
            events, self._held = self._held[:_MOST_EVENTS], self._held[_MOST_EVENTS:]
            try:
                self._logs.put_log_events(
                    logGroupName=self._group, logStreamName=self._name, logEvents=events
                )
            except ClientError:
                self._held = []
        self._written = time.monotonic()

    def _create_group(self) -> None:
        try:
            self._logs.create_log_group(logGroupName=self._group)
        except self._logs.exceptions.ResourceAlreadyExistsException:
            return


def stream_name(job_name: str, settings: Mapping[str, Any], task_id: str) -> str:
    """``<prefix>/default/<task>``; the prefix is the job definition's name unless one is set."""
    prefix = settings.get("options", {}).get("awslogs-stream-prefix", job_name)
    return f"{prefix}/default/{task_id}"
