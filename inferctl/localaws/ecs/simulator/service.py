"""A service as its scheduler sees it: what is wanted, its deployments and its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .placement import PlacementStrategy, Refusal
from .task import TaskSpec

_KEPT_EVENTS = 100


@dataclass(frozen=True, kw_only=True)
class Percents:
    """``minimumHealthyPercent`` and ``maximumPercent``."""

    minimum: int = 100
    maximum: int = 200

    def lower(self, desired: int) -> int:
        """Tasks that must run, rounded up."""
        return -(-desired * self.minimum // 100)

    def upper(self, desired: int) -> int:
        """Tasks that may run, rounded down."""
        return desired * self.maximum // 100


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """The deployment circuit breaker; ``kind`` is COUNT, BOUNDED_PERCENT or UNBOUNDED_PERCENT.

    With ``resets`` a task that starts takes the count of failures back to nothing.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
    """

    rollback: bool = False
    resets: bool = True
    kind: str = "BOUNDED_PERCENT"
    value: int = 50

    def threshold(self, desired: int) -> int:
        """Failed tasks that end a deployment."""
        if self.kind == "COUNT":
            return self.value
        share = -(-desired * self.value // 100)
        return max(3, min(share, 200)) if self.kind == "BOUNDED_PERCENT" else max(share, 1)


@dataclass(frozen=True, kw_only=True)
class ProviderShare:
    """One item of a capacity provider strategy."""

    provider: str
    weight: int = 0
    base: int = 0


def share_of(shares: Sequence[ProviderShare], placed: Mapping[str | None, int]) -> str:
    """The provider of the next task, given how many each has: bases first, then by weight.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-capacity-providers.html
    """
    for share in shares:
        if placed.get(share.provider, 0) < share.base:
            return share.provider
    weighed = [share for share in shares if share.weight] or list(shares)
    return min(
        weighed,
        key=lambda one: (placed.get(one.provider, 0) - one.base) / max(one.weight, 1),
    ).provider


@dataclass(kw_only=True, eq=False)
class Deployment:
    """``settings`` are the API's, which a rollback brings back.

    ``second`` is set where its tasks are behind the alternate target groups. ``tripped`` are the
    alarms that roll it back once its tasks run.
    ``gave_up`` is set where ECS would go on starting tasks that end at once, ever more slowly.
    """

    id: str
    spec: TaskSpec
    created: datetime
    updated: datetime
    settings: Mapping[str, Any] = field(default_factory=dict)
    state: str = "IN_PROGRESS"
    reason: str = ""
    failed_tasks: int = 0
    gave_up: bool = False
    is_rollback: bool = False
    second: bool = False
    tripped: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of a service's history."""

    id: str
    time: datetime
    message: str


@dataclass(kw_only=True, eq=False)
class ServiceState:
    """The first deployment is the PRIMARY one; ``desired`` of a daemon follows the instances.

    With ``shifts`` all tasks of a new deployment run before any of the old one stops.
    ``completed`` is what a rollback goes back to, ``refusal`` why the last task found no place,
    ``blocked`` why it cannot go on, None where nothing is left to do.
    """

    name: str
    desired: int
    daemon: bool = False
    percents: Percents = Percents()
    breaker: Breaker | None = None
    shifts: bool = False
    expressions: tuple[str, ...] = ()
    distinct: bool = False
    strategy: tuple[PlacementStrategy, ...] = ()
    providers: tuple[ProviderShare, ...] = ()
    deployments: list[Deployment] = field(default_factory=list)
    completed: Deployment | None = None
    events: list[Event] = field(default_factory=list)
    refusal: Refusal | None = None
    blocked: str | None = None
    reported: str | None = None

    @property
    def group(self) -> str:
        """The group of its tasks."""
        return f"service:{self.name}"

    @property
    def primary(self) -> Deployment:
        """The deployment that is wanted."""
        return self.deployments[0]

    def say(self, identifier: str, time: datetime, text: str) -> None:
        """Add an event, newest last."""
        message = f"(service {self.name}) {text}"
        self.events.append(Event(id=identifier, time=time, message=message))
        del self.events[:-_KEPT_EVENTS]
