"""What the container prints: plain lines, which CloudWatch Logs keeps as they are."""

from __future__ import annotations

import json
import time
from dataclasses import asdict

from load_client.plan import Listener, Server
from load_client.recorder import Progress
from load_client.report import Report, Run
from load_client.scales import number
from load_client.shapes import LoadShape
from load_client.summary import load_text, rows_of

_QUIET_SECONDS = 10.0
_LEFT_OUT = ("windows", "samples", "histogram")


class ConsoleListener(Listener):
    """One line at most every 10 seconds, and one when a run begins or ends."""

    def __init__(self) -> None:
        self._said = 0.0
        self._name = ""

    def waiting(self, server: Server, detail: str) -> None:
        """As `Listener.waiting`."""
        self._seldom(f"{server.name}: not ready yet: {detail}")

    def started(self, server: Server, shape: LoadShape, batch: int) -> None:
        """As `Listener.started`."""
        self._name = server.name
        self._said = time.monotonic()
        rate = "" if shape.rate is None else f", {number(shape.rate)}/s {shape.arrivals}"
        print(f"{server.name}: {shape.concurrency} at once{rate}, batch {batch}", flush=True)

    def progress(self, progress: Progress) -> None:
        """As `Listener.progress`."""
        self._seldom(f"{self._name}: {progress_text(progress)}")

    def finished(self, run: Run) -> None:
        """As `Listener.finished`."""
        found = run.latencies
        said = f"p50 {number(found.p50_ms)} ms, " if found else ""
        text = f"{run.server} ({load_text(run)}): {run.calls:,} calls, {said}{run.failures} failed"
        print(text, flush=True)

    def _seldom(self, text: str) -> None:
        if time.monotonic() - self._said >= _QUIET_SECONDS:
            self._said = time.monotonic()
            print(text, flush=True)


def progress_text(progress: Progress) -> str:
    """``12 s, 3,456 calls, 288/s, p50 3.40 ms, p99 5.10 ms, 2 failed``."""
    parts = [
        f"{progress.elapsed_seconds:.0f} s",
        f"{progress.calls:,} calls",
        f"{number(progress.calls_per_second)}/s",
    ]
    if progress.p50_ms is not None and progress.p99_ms is not None:
        parts.append(f"p50 {number(progress.p50_ms)} ms, p99 {number(progress.p99_ms)} ms")
    if progress.errors:
        parts.append(f"{progress.errors:,} failed")
    return ", ".join(parts)


def text_table(report: Report) -> str:
    """The results as aligned text."""
    header, rows = rows_of(report)
    lines = [[cell.text for cell in header], *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(
            text.rjust(width) if cell.right else text.ljust(width)
            for text, width, cell in zip(line, widths, header, strict=True)
        ).rstrip()
        for line in lines
    )


def summary_line(report: Report) -> str:
    """The report without its courses and histograms, as one JSON line for log queries."""
    value = asdict(report)
    for run in value["runs"]:
        for name in _LEFT_OUT:
            del run[name]
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
