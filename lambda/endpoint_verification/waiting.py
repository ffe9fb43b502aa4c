"""Who is asked next: who is in trouble, at his time; who was not asked yet; who was late."""

from __future__ import annotations

import heapq
import threading
from collections import Counter, deque
from dataclasses import dataclass
from itertools import count

from endpoint_verification.examine import Case


@dataclass(frozen=True)
class Waiting:
    """A case; ``late`` if it answered late before, ``pause`` is how long it waited last."""

    case: Case
    late: bool = False
    pause: float = 0.0


class WaitingRoom:
    """Cases that wait and that are being asked; safe to use from several threads.

    A model in trouble is asked again as soon as its pause is over, however many were not asked
    yet: its patience runs by the clock. One that answered late waits until nothing but late ones
    is left, since loading the others may be what kept it.
    """

    def __init__(self) -> None:
        self._fresh: deque[Waiting] = deque()
        self._late: deque[Waiting] = deque()
        self._pausing: list[tuple[float, int, Waiting]] = []
        self._numbers = count()
        self._asked: Counter[bool] = Counter()
        self._lock = threading.Lock()

    def enter(self, waiting: Waiting, *, at: float | None = None) -> None:
        """Let it wait; ``at`` is when its pause is over, None where it makes none."""
        with self._lock:
            if at is not None:
                heapq.heappush(self._pausing, (at, next(self._numbers), waiting))
            else:
                (self._late if waiting.late else self._fresh).append(waiting)

    def next(self, now: float) -> Waiting | None:
        """Who is asked now, until `answered`; None when nobody can be."""
        with self._lock:
            if self._pausing and self._pausing[0][0] <= now:
                _, _, waiting = heapq.heappop(self._pausing)
            elif self._fresh:
                waiting = self._fresh.popleft()
            elif self._late and not self._pausing and not self._asked[False]:
                waiting = self._late.popleft()
            else:
                return None
            self._asked[waiting.late] += 1
            return waiting

    def answered(self, waiting: Waiting) -> None:
        """It is asked no more; where it has to be asked again, it entered before."""
        with self._lock:
            self._asked[waiting.late] -= 1

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits, and nobody that is asked may come to wait again."""
        with self._lock:
            return not (len(self) or self._asked.total())

    def __len__(self) -> int:
        """How many wait."""
        return len(self._fresh) + len(self._late) + len(self._pausing)
