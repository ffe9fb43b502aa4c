"""The sandboxes of one function: idle ones are reused, busy ones are joined by new ones."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .worker import Worker

MOST_WORKERS = 8


class WorkerPool:
    """Hands out sandboxes of one fingerprint; at most `MOST_WORKERS`, then callers wait."""

    def __init__(self, start: Callable[[], Worker], *, limit: int = MOST_WORKERS) -> None:
        self._start = start
        self._limit = limit
        self._changed = threading.Condition()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._starting = 0
        self._retired = False

    def acquire(self) -> Worker:
        """A sandbox for one call; give it back with `release`."""
        with self._changed:
            while True:
                while self._idle:
                    worker = self._idle.pop()
                    if worker.alive:
                        self._busy.add(worker)
                        return worker
                    worker.kill()
                if len(self._busy) + self._starting < self._limit:
                    self._starting += 1
                    break
                self._changed.wait()
        try:
            worker = self._start()
        finally:
            with self._changed:
                self._starting -= 1
                self._changed.notify()
        with self._changed:
            self._busy.add(worker)
        return worker

    def release(self, worker: Worker) -> None:
        """Take a sandbox back; one that died, or whose function changed, is not kept."""
        with self._changed:
            self._busy.discard(worker)
            keep = worker.alive and not self._retired
            if keep:
                self._idle.append(worker)
            self._changed.notify()
        if not keep:
            worker.kill()

    def retire(self) -> None:
        """End idle sandboxes now and busy ones with their call."""
        with self._changed:
            self._retired = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.kill()

    def kill(self) -> None:
        """End all sandboxes now; calls under way fail."""
        self.retire()
        with self._changed:
            busy = list(self._busy)
        for worker in busy:
            worker.kill()

    def crash(self, wanted: Callable[[bytes], bool]) -> int:
        """Let those sandboxes die whose call has a ``wanted`` payload; how many there were."""
        with self._changed:
            busy = [worker for worker in self._busy if wanted(worker.payload)]
        for worker in busy:
            worker.crash()
        return len(busy)

    def reap(self, *, idle_seconds: float) -> None:
        """End sandboxes that nobody has called for ``idle_seconds``."""
        limit = time.monotonic() - idle_seconds
        with self._changed:
            old = [worker for worker in self._idle if worker.idle_since < limit]
            self._idle = [worker for worker in self._idle if worker not in old]
        for worker in old:
            worker.kill()

    @property
    def size(self) -> int:
        """Sandboxes alive, idle or busy."""
        with self._changed:
            return len(self._idle) + len(self._busy)
