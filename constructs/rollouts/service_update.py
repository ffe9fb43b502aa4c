"""An ECS service's update by a second set of tasks, as time and hosts go by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

LONGEST_BAKE_MINUTES = 1440
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html"""


class ServiceShift(Enum):
    """In which parts traffic moves to the second set of tasks."""

    BLUE_GREEN = "blue-green"
    """All at once, when every new task is healthy."""
    CANARY = "canary"
    """One part, then all the rest."""
    LINEAR = "linear"
    """Equal parts, one after the other."""


@dataclass(frozen=True, kw_only=True)
class ServiceUpdate:
    """``percent`` is the part and ``step_minutes`` how long it is watched, both of no meaning to
    BLUE_GREEN; ``bake_minutes`` is how long the old tasks stay after all traffic has moved."""

    kind: ServiceShift
    percent: int = 10
    step_minutes: int = 10
    bake_minutes: int = 10
    errors_percent: int = 5
    """Requests that may be answered with 5xx."""

    def __post_init__(self) -> None:
        problems: list[str] = []
        if not 1 <= self.percent <= 99:
            problems.append(f"percent must be 1 to 99, got {self.percent}")
        for name, value in (
            ("step_minutes", self.step_minutes),
            ("bake_minutes", self.bake_minutes),
        ):
            if not 0 <= value <= LONGEST_BAKE_MINUTES:
                problems.append(f"{name} must be 0 to {LONGEST_BAKE_MINUTES}, got {value}")
        if not 1 <= self.errors_percent <= 50:
            problems.append(f"errors_percent must be 1 to 50, got {self.errors_percent}")
        if problems:
            raise ValueError("invalid ServiceUpdate: " + "; ".join(problems))


def second_set_problem(*, desired: int, hosts: int) -> str | None:
    """Why ``hosts`` cannot hold two sets of ``desired`` tasks, one task to a host; None where they
    do."""
    if 2 * desired <= hosts:
        return None
    return (
        f"{desired} task{'s' if desired > 1 else ''} and as many new ones beside them need"
        f" {2 * desired} hosts, one each, and there are {hosts}"
    )
