"""Time for the load loops, in nanoseconds, so that a test can simulate it."""

from __future__ import annotations

import time
from threading import Event
from typing import Protocol

_WAKE_EARLY = 20_000_000


class Clock(Protocol):
    """A clock that never goes back."""

    def now(self) -> int:
        """Nanoseconds since some fixed moment."""
        ...

    def sleep_until(self, moment: int, stop: Event) -> None:
        """Return at ``moment``, or soon after ``stop`` is set."""
        ...


class SystemClock:
    """The machine's monotonic clock."""

    now = staticmethod(time.perf_counter_ns)

    def sleep_until(self, moment: int, stop: Event) -> None:
        """As `Clock.sleep_until`; wakes about 0.1 ms late, the scheduler's own delay."""
        rest = moment - self.now()
        if rest > _WAKE_EARLY and stop.wait((rest - _WAKE_EARLY) / 1e9):
            return
        rest = moment - self.now()
        if rest > 0:
            time.sleep(rest / 1e9)
