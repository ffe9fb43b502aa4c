"""The health check of a container, as its task definition declares it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
_LONGEST_START_PERIOD = 300
_MOST_RETRIES = 10
_LONGEST_INTERVAL = 300
_INTERVAL = 30
_RETRIES = 3
LONGEST_LOAD_SECONDS = _LONGEST_START_PERIOD + _MOST_RETRIES * _LONGEST_INTERVAL


@dataclass(frozen=True, kw_only=True)
class ContainerHealth:
    """ECS ignores the ``HEALTHCHECK`` of an image: without this one, a container whose server died
    behind an entry point that lives on stays RUNNING for ever.

    ``command``: run by the container's shell; it fails unless the model answers.
    ``load_seconds``: how long a start may take, download, compiled graph and warm-up included.
    Failures in that time do not count. ECS grants 300 s of it as such; for a longer load the
    checks become fewer, so that a server that dies later is found out later, too.
    """

    command: str
    load_seconds: int = 300
    timeout_seconds: int = 5

    def __post_init__(self) -> None:
        problems: list[str] = []
        if not self.command.strip():
            problems.append("command must say what to run, got nothing")
        if not 1 <= self.load_seconds <= LONGEST_LOAD_SECONDS:
            problems.append(
                f"load_seconds must be 1 to {LONGEST_LOAD_SECONDS}, the longest that ECS waits,"
                f" got {self.load_seconds}"
            )
        if not 2 <= self.timeout_seconds <= 60:
            problems.append(f"timeout_seconds must be 2 to 60, got {self.timeout_seconds}")
        if problems:
            raise ValueError("invalid ContainerHealth: " + "; ".join(problems))

    @property
    def shell_command(self) -> Sequence[str]:
        """What ECS hands to Docker."""
        return ("CMD-SHELL", self.command)

    @property
    def start_period_seconds(self) -> int:
        """The part of the load in which failures are not counted."""
        return min(self.load_seconds, _LONGEST_START_PERIOD)

    @property
    def retries(self) -> int:
        """Failures after which the container is unhealthy."""
        return min(_MOST_RETRIES, max(_RETRIES, _ceiling(self._rest, _INTERVAL)))

    @property
    def interval_seconds(self) -> int:
        """Seconds between two checks."""
        return max(_INTERVAL, _ceiling(self._rest, _MOST_RETRIES), self.timeout_seconds)

    @property
    def grace_seconds(self) -> int:
        """How long a service overlooks its load balancer's verdict on a task that starts."""
        return self.load_seconds + 2 * _INTERVAL

    @property
    def _rest(self) -> int:
        return self.load_seconds - self.start_period_seconds


def _ceiling(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
