"""What each worker does: the closed loop and the open loop, with little work around a call."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event, Lock

from load_client.clock import Clock
from load_client.errors import CONNECT, CallError
from load_client.recorder import Recorder
from load_client.target import Connection, Payload

_PAUSE_AFTER_REFUSAL = 10_000_000


@dataclass(kw_only=True)
class Limits:
    """When the workers of a phase end; they share the count of calls."""

    deadline: int | None
    calls: int | None
    stop: Event
    _tickets: Iterator[int] = field(default_factory=itertools.count)

    def another(self, now: int) -> bool:
        """Whether one more call may start; counts it."""
        if self.stop.is_set() or (self.deadline is not None and now >= self.deadline):
            return False
        return self.calls is None or next(self._tickets) < self.calls


def closed_loop(
    connection: Connection, payload: Payload, *, recorder: Recorder, clock: Clock, limits: Limits
) -> None:
    """Call again as soon as the answer is there.

    A server that refuses connections is asked every 10 ms, not as fast as it refuses.
    """
    call, now, success = connection.call, clock.now, recorder.success
    another = limits.another
    started = now()
    while another(started):
        try:
            call(payload)
        except CallError as error:
            ended = now()
            recorder.failure(ended, error.kind, str(error))
            if error.kind == CONNECT:
                clock.sleep_until(ended + _PAUSE_AFTER_REFUSAL, limits.stop)
        else:
            ended = now()
            success(ended, ended - started)
        started = now()


class Schedule:
    """The intended starts of an open loop, handed to whichever worker is free."""

    def __init__(self, starts: Iterator[int], limits: Limits) -> None:
        self._starts = starts
        self._limits = limits
        self._lock = Lock()

    def take(self) -> int | None:
        """The next intended start; None when the run is over."""
        with self._lock:
            intended = next(self._starts)
            return intended if self._limits.another(intended) else None


def open_loop(
    connection: Connection,
    payload: Payload,
    *,
    recorder: Recorder,
    clock: Clock,
    limits: Limits,
    schedule: Schedule,
    give_up_ns: int,
) -> None:
    """Call at the intended starts and measure from them, however late the call could go out.

    So a stall of the server counts for every call that should have started meanwhile, not only for
    those in flight. An arrival that no worker took within ``give_up_ns`` is dropped, as its caller
    would have gone.
    """
    now = clock.now
    while (intended := schedule.take()) is not None:
        clock.sleep_until(intended, limits.stop)
        started = now()
        # a sleep may end some nanoseconds early, and long before its time when the run is stopped
        if started < intended and limits.stop.is_set():
            return
        lag = started - intended
        if lag > give_up_ns:
            recorder.drop(started)
            continue
        try:
            connection.call(payload)
        except CallError as error:
            recorder.failure(now(), error.kind, str(error), lag)
        else:
            ended = now()
            recorder.success(ended, ended - intended, lag)
