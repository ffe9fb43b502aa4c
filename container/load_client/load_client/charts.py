"""The charts of a report: course, distribution, sweep, comparison, cost."""

from __future__ import annotations

import math
from collections.abc import Sequence

from load_client.comparison import Comparison
from load_client.drawing import BOTTOM, HEIGHT, LEFT, NARROW, RIGHT, TOP, WIDTH, Plot, Point, bars
from load_client.recorder import Window
from load_client.report import ENOUGH_FOR_P99, Run
from load_client.scales import Scale, duration, from_zero, milliseconds, number, tick_number

_BINS = 72
_X = (LEFT, WIDTH - RIGHT)
_Y = (HEIGHT - BOTTOM, TOP)
_FEW_SAMPLES = 150
_ROOM = 1.05


def latency_over_time(runs: Sequence[tuple[Run, int]]) -> str:
    """p50 and p99 of each window, or each call where there are few; failures are red ticks."""
    highest = max((_highest_latency(run) for run, _ in runs), default=1.0)
    plot = _time_plot(runs, from_zero(highest * _ROOM, *_Y), "latency over time", "latency (ms)")
    for run, color in runs:
        if 0 < len(run.samples) <= _FEW_SAMPLES:
            plot.line(list(run.samples), color, "thin")
            plot.dots(run.samples, color)
        else:
            for style, name in (("", "p50_ms"), ("dashed", "p99_ms")):
                points: list[Point | None] = []
                for window in whole_windows(run):
                    value = getattr(window, name)
                    middle = window.start_seconds + window.seconds / 2
                    points.append(None if value is None else (middle, value))
                plot.line(points, color, style)
        plot.failures([w.start_seconds + w.seconds / 2 for w in run.windows if w.errors])
    return plot.svg()


def throughput_over_time(runs: Sequence[tuple[Run, int]]) -> str:
    """Inferences a second of each window."""
    rates = [
        window.calls_per_second * run.load.batch for run, _ in runs for window in whole_windows(run)
    ]
    scale = from_zero(max(rates, default=1.0) * _ROOM, *_Y)
    plot = _time_plot(runs, scale, "throughput over time", "inferences / s")
    for run, color in runs:
        plot.line(
            [
                (w.start_seconds + w.seconds / 2, w.calls_per_second * run.load.batch)
                for w in whole_windows(run)
            ],
            color,
        )
    return plot.svg()


def whole_windows(run: Run) -> list[Window]:
    """The windows without a last one that is cut short, whose rate would mislead."""
    if len(run.windows) < 2:
        return list(run.windows)
    whole = run.windows[0].seconds
    return [window for window in run.windows if window.seconds > 0.5 * whole]


def variation(run: Run) -> float | None:
    """How far apart the highest and the lowest throughput of a window are, as a share of the mean.

    None with fewer than 10 windows, or when nothing was answered.
    """
    rates = [window.calls_per_second for window in whole_windows(run)]
    if len(rates) < 10 or not any(rates):
        return None
    return (max(rates) - min(rates)) * len(rates) / sum(rates)


def distribution(runs: Sequence[tuple[Run, int]]) -> str:
    """The share of calls by latency, on a logarithmic axis, with p50 and p99."""
    known = [(run, color, run.latencies) for run, color in runs if run.latencies]
    low = min(found.minimum_ms for _, _, found in known)
    high = max(found.maximum_ms for _, _, found in known)
    low = max(low / 1.1, 1e-6)
    high = max(high * 1.1, 1.5 * low)
    x = Scale(low, high, *_X, logarithmic=True)
    edges = [low * (high / low) ** (number / _BINS) for number in range(_BINS + 1)]
    shares = [_shares(run, low, high) for run, _, _ in known]
    y = from_zero(max(max(each) for each in shares) * _ROOM, *_Y)
    plot = Plot(
        x,
        y,
        title="distribution of latency",
        x_title="latency (ms, logarithmic)",
        y_title="calls (%)",
        x_label=tick_number,
    )
    for (_, color, _), each in zip(known, shares, strict=True):
        steps = [
            point
            for number, share in enumerate(each)
            for point in ((edges[number], share), (edges[number + 1], share))
        ]
        plot.area(steps, color)
    for row, (run, color, found) in enumerate(known):
        plot.marker(found.p50_ms, color, "p50", row=2 * row)
        if run.calls >= ENOUGH_FOR_P99:
            plot.marker(found.p99_ms, color, "p99", row=2 * row + 1)
    return plot.svg()


def sweep(lines: Sequence[tuple[str, int, Sequence[Run]]], *, by: str, latency: bool) -> str:
    """Throughput, or p99, against ``concurrency``, ``rate`` or ``batch``."""
    places = sorted({float(getattr(run.load, by)) for _, _, runs in lines for run in runs})
    values = [_sweep_value(run, latency) for _, _, runs in lines for run in runs]
    logarithmic = places[0] > 0 and places[-1] / places[0] > 8
    low, high = (places[0], places[-1]) if logarithmic else (0.0, places[-1])
    x = Scale(low, high, LEFT + 12, NARROW - RIGHT - 12, logarithmic=logarithmic)
    plot = Plot(
        x,
        from_zero(max(values, default=1.0) * _ROOM, *_Y),
        title=f"{'p99' if latency else 'throughput'} against {by}",
        x_title={"rate": "arrivals / s"}.get(by, by),
        y_title="p99 (ms)" if latency else "inferences / s",
        x_ticks=places,
        width=NARROW,
    )
    for _, color, runs in lines:
        points = [(float(getattr(run.load, by)), _sweep_value(run, latency)) for run in runs]
        plot.line(points, color)
        plot.dots(points, color)
    return plot.svg()


def comparison_bars(comparison: Comparison, colors: tuple[int, int]) -> str:
    """First call, p50 and p95 of two servers, each pair on the same scale."""
    pairs = (
        ("first", comparison.base.first_ms, comparison.other.first_ms),
        ("p50", comparison.base.p50_ms, comparison.other.p50_ms),
        ("p95", comparison.base.p95_ms, comparison.other.p95_ms),
    )
    servers = (comparison.base.server, comparison.other.server)
    longest = len("first · ") + max(len(server) for server in servers)
    parts = []
    for name, base, other in pairs:
        if base is None or other is None:
            continue
        times = base / other
        said = f"{number(times)}x faster" if times >= 1 else f"{number(1 / times)}x slower"
        rows = [
            (f"{name} · {comparison.base.server}", base, milliseconds(base), colors[0]),
            (
                f"{name} · {comparison.other.server}",
                other,
                f"{milliseconds(other)}, {said}",
                colors[1],
            ),
        ]
        parts.append(bars(rows, title=f"{name} latency", longest_label=longest))
    return "".join(parts)


def _sweep_value(run: Run, latency: bool) -> float:
    if not latency:
        return run.inferences_per_second
    return run.latencies.p99_ms if run.latencies else 0.0


def _highest_latency(run: Run) -> float:
    if 0 < len(run.samples) <= _FEW_SAMPLES:
        return max(value for _, value in run.samples)
    return max((window.p99_ms or 0.0 for window in whole_windows(run)), default=0.0)


def _time_plot(runs: Sequence[tuple[Run, int]], y: Scale, title: str, y_title: str) -> Plot:
    longest = max((run.elapsed_seconds for run, _ in runs), default=1.0)
    unit, name = (60.0, "minutes") if longest > 300 else (1.0, "seconds")
    x = Scale(0, longest, *_X)
    ticks = Scale(0, longest / unit, 0, 1).ticks(8)
    return Plot(
        x,
        y,
        title=f"{title}, {duration(longest)}",
        x_title=f"{name} since the start",
        y_title=y_title,
        x_ticks=[tick * unit for tick in ticks],
        x_label=lambda tick: tick_number(tick / unit),
    )


def _shares(run: Run, low: float, high: float) -> list[float]:
    """Per cent of the calls in each bin."""
    counts = [0] * _BINS
    width = math.log(high / low)
    for nanoseconds, count in run.histogram:
        place = math.log(max(nanoseconds / 1e6, low) / low) / width
        counts[min(int(place * _BINS), _BINS - 1)] += count
    return [100 * count / run.calls for count in counts]
