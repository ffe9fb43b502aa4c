"""The shape of a load: how many calls at once, or how many a second, and for how long."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from load_client.errors import InputError

LONGEST_TIMEOUT_SECONDS = 3600
LONGEST_SECONDS = 1_000_000
WINDOW_SECONDS = 30.0
_SHORTEST_WINDOW_SECONDS = 0.1
_ROWS_OF_A_SHORT_RUN = 40


class Arrivals(StrEnum):
    """How the arrivals of an open loop are spaced."""

    CONSTANT = "constant"
    POISSON = "poisson"


def timeout_problems(seconds: float) -> list[str]:
    """What is wrong with the timeout of a call."""
    if 0 < seconds <= LONGEST_TIMEOUT_SECONDS:
        return []
    return [f"timeout_seconds must be above 0 and at most {LONGEST_TIMEOUT_SECONDS}, got {seconds}"]


@dataclass(frozen=True, kw_only=True)
class LoadShape:
    """One load; raises `InputError` with every contradiction.

    ``concurrency``: workers, each with its own connection; in an open loop the bound of calls in
    flight.
    ``rate``: arrivals a second of an open loop; without it the loop is closed.
    ``seconds``, ``calls``: the limits, whichever is met first; at least one is needed.
    ``warm_up_calls``: calls before measuring starts, shared by the workers, at least one each.
    ``timeout_seconds``: of a call; an arrival that has waited so long is dropped.
    ``window_seconds``: length of a row of the run's course; without it 30 s, or less in runs that
    would have fewer than 40 rows.
    """

    concurrency: int = 1
    rate: float | None = None
    arrivals: Arrivals = Arrivals.CONSTANT
    seed: int = 1
    seconds: float | None = None
    calls: int | None = None
    warm_up_calls: int = 3
    timeout_seconds: float = 60.0
    window_seconds: float | None = None

    def __post_init__(self) -> None:
        problems: list[str] = []
        if self.concurrency < 1 or self.concurrency > 1024:
            problems.append(f"concurrency must be 1 to 1024, got {self.concurrency}")
        if self.rate is not None and not 0 < self.rate <= 1e6:
            problems.append(f"rate must be above 0 and at most 1000000 a second, got {self.rate}")
        if self.seconds is None and self.calls is None:
            problems.append("seconds or calls must be given, or the run would never end")
        if self.seconds is not None and not 0 < self.seconds <= LONGEST_SECONDS:
            problems.append(
                f"seconds must be above 0 and at most {LONGEST_SECONDS}, got {self.seconds}"
            )
        if self.calls is not None and self.calls < 1:
            problems.append(f"calls must be at least 1, got {self.calls}")
        if self.warm_up_calls < 0:
            problems.append(f"warm_up_calls must not be negative, got {self.warm_up_calls}")
        problems += timeout_problems(self.timeout_seconds)
        if self.window_seconds is not None and not 0.01 <= self.window_seconds <= 3600:
            problems.append(f"window_seconds must be 0.01 to 3600, got {self.window_seconds}")
        if problems:
            raise InputError(problems)

    @property
    def window_ns(self) -> int:
        """The window that this run uses."""
        window = self.window_seconds
        if window is None:
            rows = WINDOW_SECONDS if self.seconds is None else self.seconds / _ROWS_OF_A_SHORT_RUN
            window = min(WINDOW_SECONDS, max(rows, _SHORTEST_WINDOW_SECONDS))
        return round(window * 1e9)

    def intended_starts(self, started: int) -> Iterator[int]:
        """The nanoseconds at which an open loop's calls should start, without end."""
        assert self.rate is not None
        gap = 1e9 / self.rate
        if self.arrivals is Arrivals.CONSTANT:
            return (started + round(number * gap) for number in itertools.count())
        chance = random.Random(self.seed)
        gaps = (chance.expovariate(1) * gap for _ in itertools.count())
        return (started + round(moment) for moment in itertools.accumulate(gaps))
