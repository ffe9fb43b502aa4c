"""Two servers of one model side by side, as the article on Elastic Inference compares them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from load_client.errors import InputError
from load_client.report import Load, Report, Run


@dataclass(frozen=True, kw_only=True)
class ServerLatency:
    """One server's figures; percentiles with numpy's ``lower`` rule over all calls, first too."""

    server: str
    calls: int
    first_ms: float | None
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """``base`` against ``other``; a speed-up of 4 means a quarter of the latency."""

    load: Load
    base: ServerLatency
    other: ServerLatency

    @property
    def p50_speed_up(self) -> float:
        """How many times faster ``other`` answers half of the calls."""
        return self.base.p50_ms / self.other.p50_ms

    @property
    def p95_speed_up(self) -> float:
        """How many times faster ``other`` answers 95 % of the calls."""
        return self.base.p95_ms / self.other.p95_ms

    @property
    def p50_reduction(self) -> float:
        """The share of the median latency that ``other`` saves, negative when it is slower."""
        return 1 - self.other.p50_ms / self.base.p50_ms


def latency_of(run: Run) -> ServerLatency:
    """The article's figures of a run; raises `InputError` when no call was answered.

    The article takes its percentiles over all of its 20 calls, of which the first is the slowest:
    with the ``lower`` rule neither of the two figures ever picks it.
    """
    first = None if run.first is None or run.first.error else run.first.milliseconds
    extra = [] if first is None else [first]
    if run.samples:
        values = sorted([*extra, *(milliseconds for _, milliseconds in run.samples)])
        ranks = [math.floor(share * (len(values) - 1)) for share in (0.5, 0.95)]
        p50, p95 = (values[rank] for rank in ranks)
        return ServerLatency(
            server=run.server, calls=len(values), first_ms=first, p50_ms=p50, p95_ms=p95
        )
    histogram = run.latency_histogram()
    for milliseconds in extra:
        histogram.record(round(milliseconds * 1e6))
    if not histogram.count:
        raise InputError([f"server {run.server} answered no call, so there is nothing to compare"])
    return ServerLatency(
        server=run.server,
        calls=histogram.count,
        first_ms=first,
        p50_ms=histogram.lower_percentile(50) / 1e6,
        p95_ms=histogram.lower_percentile(95) / 1e6,
    )


def compare(base: Run, other: Run) -> Comparison:
    """Two runs of the same load; raises `InputError` when a comparison would mislead."""
    problems = []
    if base.load.batch != other.load.batch:
        problems.append(f"the batches differ: {base.load.batch} and {other.load.batch}")
    if _pace(base.load) != _pace(other.load):
        problems.append("the loads differ: compare runs of the same concurrency and rate")
    if problems:
        raise InputError(problems)
    return Comparison(load=base.load, base=latency_of(base), other=latency_of(other))


def comparisons(report: Report) -> list[Comparison]:
    """Each later server against the first one, over the loads that both answered."""
    if not report.runs:
        return []
    base_server = report.runs[0].server
    others: dict[tuple[object, ...], list[Run]] = {}
    for run in report.runs:
        if run.server != base_server and run.calls:
            others.setdefault((run.load.batch, *_pace(run.load)), []).append(run)
    return [
        compare(base, other)
        for base in report.runs
        if base.server == base_server and base.calls
        for other in others.get((base.load.batch, *_pace(base.load)), [])
    ]


def _pace(load: Load) -> tuple[int, float | None, str | None]:
    """What makes loads comparable, besides the batch; how long they lasted does not."""
    return load.concurrency, load.rate, load.arrivals
