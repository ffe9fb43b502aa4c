"""One run: first call, warm-up, then the load, each kept apart; ends cleanly when stopped."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread

from load_client.clock import Clock, SystemClock
from load_client.errors import CallError
from load_client.recorder import Progress, Recorder
from load_client.shapes import LoadShape
from load_client.target import Connection, Payload, Target
from load_client.workers import Limits, Schedule, closed_loop, open_loop

PROGRESS_SECONDS = 1.0


class Stop:
    """Asked once, the run ends after the calls in flight; asked twice, without them."""

    def __init__(self) -> None:
        self.event = Event()
        self.now = Event()

    def ask(self) -> None:
        """What a signal handler calls."""
        if self.event.is_set():
            self.now.set()
        self.event.set()


@dataclass(frozen=True, kw_only=True)
class FirstCall:
    """The very first call, which loads what a cold server has not loaded; ``error`` is a kind."""

    milliseconds: float
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What one run found; ``warm_up_errors`` are not among the recorder's."""

    first: FirstCall | None
    warm_up_calls: int
    warm_up_errors: int
    recorder: Recorder
    elapsed_seconds: float
    client_cpu_seconds: float
    interrupted: bool


def measure(
    target: Target,
    payload: Payload,
    shape: LoadShape,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    clock: Clock | None = None,
    first_call: bool = True,
) -> Measurement:
    """Run one load. Call failures are counted; anything else that a worker raises is raised here.

    ``first_call``: whether to time one call before everything else.
    ``progress``: called about once a second by this thread while the load runs.
    """
    run = _Run(target, payload, shape, stop or Stop(), clock or SystemClock(), progress)
    try:
        return run.measure(first_call)
    finally:
        run.close()


class _Run:
    """The state of one run."""

    def __init__(
        self,
        target: Target,
        payload: Payload,
        shape: LoadShape,
        stop: Stop,
        clock: Clock,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._payload = payload
        self._shape = shape
        self._stop = stop
        self._clock = clock
        self._progress = progress
        self._failures: list[BaseException] = []
        self._connections = [target.connect() for _ in range(shape.concurrency)]

    def measure(self, first_call: bool) -> Measurement:
        first: list[FirstCall] = []
        if first_call and not self._stop.event.is_set():
            self._at_once([lambda: first.append(self._first_call())])
        warm_up = self._warm_up()
        started, cpu = self._clock.now(), time.process_time()
        recorder = Recorder(started=started, window_ns=self._shape.window_ns)
        self._at_once(self._load(started, recorder), recorder)
        ended = self._clock.now()
        recorder.finish(ended)
        return Measurement(
            first=first[0] if first else None,
            warm_up_calls=warm_up.histogram.count,
            warm_up_errors=warm_up.errors.total(),
            recorder=recorder,
            elapsed_seconds=max(ended - started, 1) / 1e9,
            client_cpu_seconds=time.process_time() - cpu,
            interrupted=self._stop.event.is_set(),
        )

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _first_call(self) -> FirstCall:
        started = self._clock.now()
        kind = None
        try:
            self._connections[0].call(self._payload)
        except CallError as error:
            kind = error.kind
        return FirstCall(milliseconds=(self._clock.now() - started) / 1e6, error=kind)

    def _warm_up(self) -> Recorder:
        recorder = Recorder(started=self._clock.now(), window_ns=self._shape.window_ns)
        each = math.ceil(self._shape.warm_up_calls / self._shape.concurrency)
        if each:
            self._at_once(
                [
                    self._closed(connection, recorder, self._limits(calls=each))
                    for connection in self._connections
                ]
            )
        return recorder

    def _load(self, started: int, recorder: Recorder) -> list[Callable[[], None]]:
        shape = self._shape
        deadline = None if shape.seconds is None else started + round(shape.seconds * 1e9)
        limits = self._limits(calls=shape.calls, deadline=deadline)
        if shape.rate is None:
            return [self._closed(each, recorder, limits) for each in self._connections]
        schedule = Schedule(shape.intended_starts(started), limits)
        return [self._open(each, recorder, limits, schedule) for each in self._connections]

    def _closed(
        self, connection: Connection, recorder: Recorder, limits: Limits
    ) -> Callable[[], None]:
        return lambda: closed_loop(
            connection, self._payload, recorder=recorder, clock=self._clock, limits=limits
        )

    def _open(
        self, connection: Connection, recorder: Recorder, limits: Limits, schedule: Schedule
    ) -> Callable[[], None]:
        return lambda: open_loop(
            connection,
            self._payload,
            recorder=recorder,
            clock=self._clock,
            limits=limits,
            schedule=schedule,
            give_up_ns=round(self._shape.timeout_seconds * 1e9),
        )

    def _limits(self, *, calls: int | None, deadline: int | None = None) -> Limits:
        return Limits(deadline=deadline, calls=calls, stop=self._stop.event)

    def _at_once(self, jobs: list[Callable[[], None]], recorder: Recorder | None = None) -> None:
        """Run jobs in threads of their own; this thread stays free for signals and progress."""
        threads = [Thread(target=self._guarded, args=(job,), daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        said = time.monotonic()
        for thread in threads:
            while thread.is_alive() and not self._stop.now.is_set():
                thread.join(0.05)
                if recorder is not None and time.monotonic() - said >= PROGRESS_SECONDS:
                    said = time.monotonic()
                    self._say(recorder)
        if self._failures:
            raise self._failures[0]

    def _guarded(self, job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:  # a worker must not die unseen
            self._failures.append(error)
            self._stop.event.set()

    def _say(self, recorder: Recorder) -> None:
        if self._progress is not None:
            self._progress(recorder.progress(self._clock.now()))
