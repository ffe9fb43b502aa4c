from __future__ import annotations

import threading
import time
from typing import Any, cast

from inferctl.localaws.lambda_runtime.pool import WorkerPool


class FakeWorker:
    """A sandbox without a process."""

    def __init__(self) -> None:
        self.alive = True
        self.payload = b"{}"
        self.idle_since = time.monotonic()

    def kill(self) -> None:
        self.alive = False

    crash = kill


def pool(limit: int = 2) -> WorkerPool:
    return WorkerPool(lambda: cast(Any, FakeWorker()), limit=limit)


def test_an_idle_worker_is_used_again() -> None:
    workers = pool()
    first = workers.acquire()
    workers.release(first)

    assert workers.acquire() is first


def test_a_dead_worker_is_not_used_again() -> None:
    workers = pool()
    first = workers.acquire()
    workers.release(first)
    first.kill()

    assert workers.acquire() is not first


def test_over_the_limit_a_caller_waits_for_a_release() -> None:
    workers = pool(limit=1)
    first = workers.acquire()
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.append(workers.acquire()), daemon=True)
    thread.start()
    assert not got

    workers.release(first)

    thread.join(timeout=20)
    assert got == [first]


def test_a_worker_that_cannot_start_frees_its_place() -> None:
    def broken() -> Any:
        raise ValueError("no interpreter")

    workers = WorkerPool(broken, limit=1)

    for _ in range(2):
        try:
            workers.acquire()
        except ValueError as error:
            assert str(error) == "no interpreter"
    assert workers.size == 0


def test_retiring_ends_idle_workers_now_and_busy_ones_with_their_call() -> None:
    workers = pool()
    idle, busy = workers.acquire(), workers.acquire()
    workers.release(idle)

    workers.retire()

    assert not idle.alive
    assert busy.alive
    workers.release(busy)
    assert not busy.alive


def test_a_crash_ends_the_calls_that_are_meant() -> None:
    workers = pool()
    first, second = cast(Any, workers.acquire()), cast(Any, workers.acquire())
    first.payload = b'{"fleet": "mine"}'

    assert workers.crash(lambda payload: b"mine" in payload) == 1

    assert (first.alive, second.alive) == (False, True)


def test_only_workers_idle_for_long_are_reaped() -> None:
    workers = pool()
    old, fresh = workers.acquire(), workers.acquire()
    workers.release(old)
    workers.release(fresh)
    old.idle_since -= 100

    workers.reap(idle_seconds=50)

    assert (old.alive, fresh.alive) == (False, True)
    assert workers.size == 1
