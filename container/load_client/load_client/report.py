"""What is kept of a measurement: one report of all runs, complete enough to draw and to compare."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from load_client.engine import FirstCall, Measurement
from load_client.histogram import LatencyHistogram, middle_of
from load_client.recorder import Window
from load_client.shapes import LoadShape
from load_client.target import Target

FORMAT = "load-report"
VERSION = 1
LARGEST_PRICE = 1_000_000_000
"""In dollars an hour."""
ENOUGH_FOR_P99 = 100
"""With fewer calls the p99 is the maximum, and is not shown."""


@dataclass(frozen=True, kw_only=True)
class Latencies:
    """Of warm calls that were answered, in milliseconds; percentiles are nearest-rank."""

    mean_ms: float
    minimum_ms: float
    p50_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float
    p999_ms: float
    maximum_ms: float


@dataclass(frozen=True, kw_only=True)
class Load:
    """The shape of the load; ``rate`` None is a closed loop."""

    concurrency: int
    batch: int
    rate: float | None = None
    arrivals: str | None = None
    limit_seconds: float | None = None
    limit_calls: int | None = None
    timeout_seconds: float


@dataclass(frozen=True, kw_only=True)
class Run:
    """One load on one server.

    ``errors`` counts failed calls by kind, ``dropped`` the arrivals of an open loop that were given
    up before they went out, ``late`` those that went out over 1 ms after their time.
    ``samples``: seconds since the start and milliseconds of each call, in runs of at most 1,000.
    ``histogram``: nanoseconds (the middle of a bucket) and the number of calls.
    ``client_cpu_share``: of one core; near 1 the client itself is the limit.
    """

    server: str
    protocol: str
    address: str
    model: str
    started_at: str
    load: Load
    elapsed_seconds: float
    interrupted: bool
    client_cpu_share: float
    first: FirstCall | None
    warm_up_calls: int
    warm_up_errors: int
    calls: int
    errors: Mapping[str, int]
    error_messages: Mapping[str, str]
    late: int
    dropped: int
    latencies: Latencies | None
    windows: tuple[Window, ...]
    samples: tuple[tuple[float, float], ...]
    histogram: tuple[tuple[int, int], ...]

    @property
    def failures(self) -> int:
        """Calls without an answer: failed or dropped."""
        return sum(self.errors.values()) + self.dropped

    @property
    def calls_per_second(self) -> float:
        """Answered calls a second."""
        return self.calls / self.elapsed_seconds

    @property
    def inferences_per_second(self) -> float:
        """Answered calls a second times the batch."""
        return self.calls_per_second * self.load.batch

    def latency_histogram(self) -> LatencyHistogram:
        """The run's histogram, to compute or to merge with."""
        whole = LatencyHistogram()
        for nanoseconds, count in self.histogram:
            whole.record(nanoseconds, count)
        return whole


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a server costs; ``basis`` says whose price it is, of which day, and for what."""

    server: str
    usd_per_hour: float
    basis: str


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The machine that measured."""

    python: str
    system: str
    machine: str
    cpus: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that one invocation measured; ``version`` is that of this format."""

    format: str = FORMAT
    version: int = VERSION
    title: str
    created_at: str
    environment: Environment
    runs: tuple[Run, ...]
    prices: tuple[Price, ...] = field(default=())

    @property
    def interrupted(self) -> bool:
        """Whether someone stopped it before its end."""
        return any(run.interrupted for run in self.runs)

    def price_of(self, server: str) -> Price | None:
        """The price of a server, None when it was not given."""
        return next((price for price in self.prices if price.server == server), None)


def this_environment() -> Environment:
    """This machine."""
    return Environment(
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        cpus=os.cpu_count() or 1,
    )


def utc_now() -> str:
    """Now, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_of(
    measurement: Measurement,
    *,
    server: str,
    target: Target,
    shape: LoadShape,
    batch: int,
    started_at: str,
) -> Run:
    """What is kept of a measurement."""
    recorder = measurement.recorder
    histogram = recorder.histogram
    return Run(
        server=server,
        protocol=target.kind,
        address=target.address,
        model=target.model,
        started_at=started_at,
        load=Load(
            concurrency=shape.concurrency,
            batch=batch,
            rate=shape.rate,
            arrivals=None if shape.rate is None else str(shape.arrivals),
            limit_seconds=shape.seconds,
            limit_calls=shape.calls,
            timeout_seconds=shape.timeout_seconds,
        ),
        elapsed_seconds=measurement.elapsed_seconds,
        interrupted=measurement.interrupted,
        client_cpu_share=measurement.client_cpu_seconds / measurement.elapsed_seconds,
        first=measurement.first,
        warm_up_calls=measurement.warm_up_calls,
        warm_up_errors=measurement.warm_up_errors,
        calls=histogram.count,
        errors=dict(recorder.errors),
        error_messages=dict(recorder.first_messages),
        late=recorder.late,
        dropped=recorder.dropped,
        latencies=_latencies(histogram),
        windows=tuple(recorder.windows),
        samples=tuple(
            ((at - recorder.started) / 1e9, latency / 1e6) for at, latency in recorder.samples
        ),
        histogram=tuple((int(middle_of(bucket)), count) for bucket, count in histogram.pairs()),
    )


def _latencies(histogram: LatencyHistogram) -> Latencies | None:
    if not histogram.count:
        return None
    found = [value / 1e6 for value in histogram.percentiles([50, 90, 95, 99, 99.9])]
    return Latencies(
        mean_ms=histogram.mean() / 1e6,
        minimum_ms=histogram.minimum / 1e6,
        p50_ms=found[0],
        p90_ms=found[1],
        p95_ms=found[2],
        p99_ms=found[3],
        p999_ms=found[4],
        maximum_ms=histogram.maximum / 1e6,
    )
