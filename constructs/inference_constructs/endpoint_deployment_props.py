"""How an endpoint is updated, checked before anything is built: all problems at once."""

from __future__ import annotations

from dataclasses import dataclass

from rollouts import JUDGED_MINUTES, LONGEST_SECONDS, PARTS, EndpointUpdate, TrafficShift

# docs.aws.amazon.com/sagemaker/latest/APIReference/API_BlueGreenUpdatePolicy.html
_WAIT_SECONDS = range(3601)
_TIMEOUT_SECONDS = range(600, LONGEST_SECONDS + 1)


@dataclass(frozen=True, kw_only=True)
class EndpointDeploymentProps:
    """``percent``: the part that is shifted at a time.
    ``wait_seconds``: how long each part is watched before the next one follows.
    ``termination_wait_seconds``: how long the old fleet stays after all; none of it is left to
    stay with ROLLING.
    ``timeout_seconds``: without it, SageMaker's own.
    ``cold_minutes``: how long a new fleet may be in trouble with models it has yet to load.
    ``errors_percent``: calls that may fail.
    ``latency_ms``: what nine calls of ten may take in the container; without it, latency is not
    judged.
    """

    kind: TrafficShift
    percent: int = 10
    wait_seconds: int = 600
    termination_wait_seconds: int | None = None
    timeout_seconds: int | None = None
    cold_minutes: int = 5
    errors_percent: float = 5.0
    latency_ms: int | None = None

    def __post_init__(self) -> None:
        problems: list[str] = []
        part = PARTS[self.kind]
        if self.percent not in part:
            problems.append(
                f"percent must be {part[0]} to {part[-1]} for {self.kind.value}, got {self.percent}"
            )
        for name, value, allowed in (
            ("wait_seconds", self.wait_seconds, _WAIT_SECONDS),
            ("termination_wait_seconds", self.termination_wait_seconds, _WAIT_SECONDS),
            ("timeout_seconds", self.timeout_seconds, _TIMEOUT_SECONDS),
        ):
            if value is not None and value not in allowed:
                problems.append(f"{name} must be {allowed[0]} to {allowed[-1]}, got {value}")
        if self.kind is TrafficShift.ROLLING and self.termination_wait_seconds is not None:
            problems.append(
                "termination_wait_seconds must be left out for rolling, which ends the old"
                f" instances batch by batch, got {self.termination_wait_seconds}"
            )
        if self.cold_minutes < 0:
            problems.append(f"cold_minutes must be 0 or more, got {self.cold_minutes}")
        if not 0 < self.errors_percent <= 50:
            problems.append(
                f"errors_percent must be more than 0 and at most 50, got {self.errors_percent:g}"
            )
        if self.latency_ms is not None and self.latency_ms < 1:
            problems.append(f"latency_ms must be 1 or more, got {self.latency_ms}")
        update = self.update
        if self.wait_seconds < update.least_wait_seconds:
            problems.append(
                f"wait_seconds must be at least {update.least_wait_seconds}: an alarm fires after"
                f" {self.cold_minutes} cold and {JUDGED_MINUTES} further minutes, and one more is"
                f" for CloudWatch, got {self.wait_seconds}"
            )
        limit = LONGEST_SECONDS if self.timeout_seconds is None else self.timeout_seconds
        if self.percent in part and update.waiting_seconds >= limit:
            problems.append(
                f"timeout_seconds must be more than the {update.waiting_seconds} seconds of waiting"
                f" in {update.steps} steps, got {limit}"
            )
        if problems:
            raise ValueError("invalid EndpointDeploymentProps: " + "; ".join(problems))

    @property
    def update(self) -> EndpointUpdate:
        """The update as time goes by."""
        return EndpointUpdate(
            kind=self.kind,
            percent=max(self.percent, 1),
            wait_seconds=self.wait_seconds,
            termination_wait_seconds=self.termination_wait_seconds or 0,
            cold_minutes=self.cold_minutes,
        )
