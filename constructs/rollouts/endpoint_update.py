"""An endpoint's update with SageMaker's deployment guardrails, as time goes by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class TrafficShift(Enum):
    """In which parts traffic moves to the new fleet."""

    CANARY = "canary"
    """One part, then all the rest; both fleets are there whole meanwhile."""
    LINEAR = "linear"
    """Equal parts, one after the other; both fleets are there whole meanwhile."""
    ROLLING = "rolling"
    """Equal parts of the instances themselves: a batch comes and a batch goes."""


# docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html and
# API_RollingUpdatePolicy.html
PARTS: Mapping[TrafficShift, range] = {
    TrafficShift.CANARY: range(1, 51),
    TrafficShift.LINEAR: range(10, 51),
    TrafficShift.ROLLING: range(5, 51),
}
"""Percent that a part may be."""
# docs.aws.amazon.com/sagemaker/latest/APIReference/API_BlueGreenUpdatePolicy.html
LONGEST_SECONDS = 28_800
"""How long an update may take at most."""
JUDGED_MINUTES = 3
"""Minutes of trouble, after the cold ones, that are not taken for an accident."""


@dataclass(frozen=True, kw_only=True)
class EndpointUpdate:
    """``percent`` is the part, ``wait_seconds`` how long each is watched, ``cold_minutes`` how long
    a new fleet may be in trouble with models that it has yet to load."""

    kind: TrafficShift
    percent: int
    wait_seconds: int
    termination_wait_seconds: int
    cold_minutes: int

    @property
    def steps(self) -> int:
        """How often traffic is shifted, and watched afterwards."""
        return 2 if self.kind is TrafficShift.CANARY else -(-100 // self.percent)

    @property
    def waiting_seconds(self) -> int:
        """Time in which nothing but watching happens."""
        return self.steps * self.wait_seconds + self.termination_wait_seconds

    @property
    def alarm_minutes(self) -> int:
        """Minutes of trouble in a row after which an alarm fires."""
        return self.cold_minutes + JUDGED_MINUTES

    @property
    def least_wait_seconds(self) -> int:
        """The shortest wait in which an alarm can fire: the last minute's values arrive late."""
        return (self.alarm_minutes + 1) * 60
