"""What a run keeps: one histogram, one row a window, errors by kind; never one entry a call."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from threading import Lock

from load_client.histogram import LatencyHistogram

SAMPLES_KEPT = 1000
"""Runs of at most this many calls also keep each call, so that 20 calls make 20 dots."""
LATE_NS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Window:
    """One row of the run's course; percentiles are None in a window without an answer."""

    start_seconds: float
    seconds: float
    calls: int
    errors: int
    p50_ms: float | None
    p99_ms: float | None

    @property
    def calls_per_second(self) -> float:
        """Answers a second, over the window."""
        return self.calls / self.seconds


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a run is; percentiles are of the window that is being filled."""

    elapsed_seconds: float
    calls: int
    errors: int
    calls_per_second: float
    p50_ms: float | None
    p99_ms: float | None


class Recorder:
    """Shared by all workers of one run; ``started`` and times are nanoseconds of one clock."""

    def __init__(self, *, started: int, window_ns: int) -> None:
        self.histogram = LatencyHistogram()
        self.errors: Counter[str] = Counter()
        self.first_messages: dict[str, str] = {}
        self.late = 0
        self.dropped = 0
        self.windows: list[Window] = []
        self.samples: list[tuple[int, int]] = []
        self.started = started
        self._window_ns = window_ns
        self._window_started = started
        self._window_ends = started + window_ns
        self._window = LatencyHistogram()
        self._window_errors = 0
        self._lock = Lock()

    def success(self, at: int, latency: int, lag: int = 0) -> None:
        """An answer at ``at``; ``lag`` is how long after its intended start the call went out."""
        with self._lock:
            if at >= self._window_ends:
                self._close_windows(at)
            self.histogram.record(latency)
            self._window.record(latency)
            if lag > LATE_NS:
                self.late += 1
            if self.histogram.count <= SAMPLES_KEPT:
                self.samples.append((at, latency))

    def failure(self, at: int, kind: str, message: str, lag: int = 0) -> None:
        """A call failed at ``at``; the first message of each kind is kept."""
        with self._lock:
            if at >= self._window_ends:
                self._close_windows(at)
            self.errors[kind] += 1
            self._window_errors += 1
            self.first_messages.setdefault(kind, message)
            if lag > LATE_NS:
                self.late += 1

    def drop(self, at: int) -> None:
        """An arrival was given up at ``at``, as no worker was free for it in time."""
        with self._lock:
            if at >= self._window_ends:
                self._close_windows(at)
            self.dropped += 1
            self._window_errors += 1

    def progress(self, at: int) -> Progress:
        """What was done until now."""
        with self._lock:
            p50, p99 = self._window_percentiles()
            elapsed = max(at - self.started, 1) / 1e9
            return Progress(
                elapsed_seconds=elapsed,
                calls=self.histogram.count,
                errors=self.errors.total() + self.dropped,
                calls_per_second=self.histogram.count / elapsed,
                p50_ms=p50,
                p99_ms=p99,
            )

    def finish(self, at: int) -> None:
        """Close the last window, which may be shorter than the others."""
        with self._lock:
            self._close_windows(at)
            if self._window.count or self._window_errors:
                self._close_window(max(at, self._window_started + 1))
            if self.histogram.count > SAMPLES_KEPT:
                self.samples.clear()

    def _close_windows(self, at: int) -> None:
        while at >= self._window_ends:
            self._close_window(self._window_ends)

    def _close_window(self, ends: int) -> None:
        p50, p99 = self._window_percentiles()
        row = Window(
            start_seconds=(self._window_started - self.started) / 1e9,
            seconds=(ends - self._window_started) / 1e9,
            calls=self._window.count,
            errors=self._window_errors,
            p50_ms=p50,
            p99_ms=p99,
        )
        self.windows.append(row)
        self._window.clear()
        self._window_errors = 0
        self._window_started = ends
        self._window_ends = ends + self._window_ns

    def _window_percentiles(self) -> tuple[float | None, float | None]:
        if not self._window.count:
            return None, None
        p50, p99 = self._window.percentiles([50, 99])
        return p50 / 1e6, p99 / 1e6
