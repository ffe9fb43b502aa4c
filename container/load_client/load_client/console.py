"""What the container prints: plain lines, which CloudWatch Logs keeps as they are."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict

from load_client.comparison import comparisons
from load_client.plan import Listener, Server
from load_client.recorder import Progress
from load_client.report import Report, Run
from load_client.scales import number
from load_client.shapes import LoadShape
from load_client.summary import Cell, findings, load_text, price_text, rows_of, warnings

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
        print(f"{run.server} ({load_text(run)}): {run_text(run)}", flush=True)

    def _seldom(self, text: str) -> None:
        if time.monotonic() - self._said >= _QUIET_SECONDS:
            self._said = time.monotonic()
            print(text, flush=True)


def run_text(run: Run) -> str:
    """``3,456 calls, p50 3.40 ms, 0 failed``."""
    found = run.latencies
    said = f"p50 {number(found.p50_ms)} ms, " if found else ""
    return f"{run.calls:,} calls, {said}{run.failures:,} failed"


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
    return aligned(*rows_of(report))


def report_text(report: Report) -> str:
    """Table, what to take away from it, what makes it worth less, and what the prices rest on."""
    texts = [*findings(report, comparisons(report)), *warnings(report), *_failures(report)]
    texts += [f"Price of {price_text(price)}." for price in report.prices]
    return "\n".join([text_table(report), *texts])


def _failures(report: Report) -> list[str]:
    """Each kind of failure of each run, with the first message of it in one line."""
    return [
        f"{run.server} ({load_text(run)}): {count:,} x {kind}: {_one_line(message)}"
        for run in report.runs
        for kind, count in run.errors.items()
        if (message := run.error_messages.get(kind))
    ]


def _one_line(text: str) -> str:
    """What a server said, without what would move a terminal's cursor."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def aligned(header: Sequence[Cell], rows: Sequence[Sequence[str]]) -> str:
    """Columns of text, as wide as they need."""
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
