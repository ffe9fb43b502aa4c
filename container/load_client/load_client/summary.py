"""What a report says in words and rows, for the page and for the terminal alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from load_client.comparison import Comparison, ServerLatency
from load_client.cost import usd_per_million
from load_client.report import ENOUGH_FOR_P99, Load, Price, Report, Run
from load_client.scales import duration, milliseconds, number

_BUSY = 0.85


@dataclass(frozen=True)
class Cell:
    """A column's heading; numbers are on the right."""

    text: str
    right: bool = False


def load_text(run: Run) -> str:
    """``8 at once, batch 4`` or ``100/s poisson``."""
    return text_of_load(run.load)


def text_of_load(load: Load) -> str:
    """As `load_text`, of a load."""
    text = f"{load.concurrency} at once"
    if load.rate is not None:
        text = f"{number(load.rate)}/s {load.arrivals}"
    return text if load.batch == 1 else f"{text}, batch {load.batch}"


def price_text(price: Price) -> str:
    """``plain: $0.362 an hour, inf1.2xlarge in us-east-1``."""
    return f"{price.server}: ${price.usd_per_hour:.10g} an hour, {price.basis}"


def rows_of(report: Report) -> tuple[list[Cell], list[list[str]]]:
    """One row a run, without columns that are empty everywhere and without a single protocol."""
    rows = [_row(report, run) for run in report.runs]
    used = [name for name in _COLUMNS if any(row[name] for row in rows)]
    if len({row["protocol"] for row in rows}) == 1:
        used.remove("protocol")
    header = [Cell(name, right=name not in _WORDS) for name in used]
    return header, [[row[name] for name in used] for row in rows]


_WORDS = ("server", "protocol", "load")
_COLUMNS = (
    *("server", "protocol", "load", "calls", "failed", "first ms", "p50 ms", "p90 ms", "p95 ms"),
    *("p99 ms", "p99.9 ms", "max ms", "inf/s", "$/million"),
)


def _row(report: Report, run: Run) -> dict[str, str]:
    found = run.latencies
    first = "" if run.first is None else number(run.first.milliseconds)
    if run.first is not None and run.first.error:
        first = run.first.error
    price = report.price_of(run.server)
    cost = (
        "" if price is None or not run.calls else number(usd_per_million(run, price.usd_per_hour))
    )
    return {
        "server": run.server,
        "protocol": run.protocol,
        "load": load_text(run),
        "calls": f"{run.calls:,}",
        "failed": f"{run.failures:,}" if run.failures else "",
        "first ms": first,
        "p50 ms": number(found.p50_ms) if found else "",
        "p90 ms": number(found.p90_ms) if found else "",
        "p95 ms": number(found.p95_ms) if found else "",
        "p99 ms": number(found.p99_ms) if found and run.calls >= ENOUGH_FOR_P99 else "",
        "p99.9 ms": number(found.p999_ms) if found and run.calls >= 1000 else "",
        "max ms": number(found.maximum_ms) if found else "",
        "inf/s": number(run.inferences_per_second),
        "$/million": cost,
    }


def comparison_rows(found: Sequence[Comparison]) -> tuple[list[Cell], list[list[str]]]:
    """The article's table: a row a server and load, speed-ups against the first server."""
    words = ("load", "server")
    names = (*words, "first ms", "p50 ms", "p95 ms", "p50 speed-up", "p95 speed-up")
    header = [Cell(name, right=name not in words) for name in names]
    rows: list[list[str]] = []
    for comparison in found:
        load = text_of_load(comparison.load)
        base = [load, *_figures(comparison.base), "", ""]
        if base not in rows:
            rows.append(base)
        speed_ups = (comparison.p50_speed_up, comparison.p95_speed_up)
        rows.append(
            [load, *_figures(comparison.other), *(f"{number(each)} x" for each in speed_ups)]
        )
    return header, rows


def _figures(found: ServerLatency) -> list[str]:
    first = "" if found.first_ms is None else number(found.first_ms)
    return [found.server, first, number(found.p50_ms), number(found.p95_ms)]


def findings(report: Report, found: Sequence[Comparison]) -> list[str]:
    """What a reader should take away: latency, highest throughput, and what a million costs."""
    if found:
        first = {comparison.other.server: comparison for comparison in reversed(found)}
        texts = [_finding(comparison) for comparison in reversed(first.values())]
        return [*texts, *_highest(report)]
    answered = [run for run in report.runs if run.latencies]
    if not answered:
        return ["No call was answered."]
    best = max(answered, key=lambda run: run.inferences_per_second)
    assert best.latencies is not None
    percent, most = 99, best.latencies.p99_ms
    if best.calls < ENOUGH_FOR_P99:
        percent, most = 95, best.latencies.p95_ms
    return [
        f"{best.server} answered {number(best.inferences_per_second)} inferences a second"
        f" ({load_text(best)}), half of the calls within {milliseconds(best.latencies.p50_ms)} and"
        f" {percent} % of them within {milliseconds(most)}."
    ]


def best_runs(report: Report) -> dict[str, Run]:
    """The run with the highest throughput of each server that answered."""
    found: dict[str, Run] = {}
    for run in report.runs:
        best = found.get(run.server)
        if run.calls and (best is None or run.inferences_per_second > best.inferences_per_second):
            found[run.server] = run
    return found


def _highest(report: Report) -> list[str]:
    if any(run.load.rate is not None for run in report.runs):
        return []
    parts = []
    for server, run in best_runs(report).items():
        price = report.price_of(server)
        cost = ""
        if price is not None:
            cost = f", ${number(usd_per_million(run, price.usd_per_hour))} a million"
        rate = number(run.inferences_per_second)
        parts.append(f"{server} {rate} inferences/s ({load_text(run)}){cost}")
    return [f"Highest throughput: {'; '.join(parts)}."]


def _finding(comparison: Comparison) -> str:
    base, other = comparison.base, comparison.other
    if comparison.p50_speed_up >= 1:
        verdict = f"is {number(comparison.p50_speed_up)} times as fast as {base.server}"
        change = f"{100 * comparison.p50_reduction:.1f} % lower latency"
    else:
        verdict = f"takes {number(1 / comparison.p50_speed_up)} times as long as {base.server}"
        change = f"{-100 * comparison.p50_reduction:.1f} % higher latency"
    return (
        f"{other.server} {verdict}: p50 {milliseconds(other.p50_ms)} against"
        f" {milliseconds(base.p50_ms)} ({change}), p95 {milliseconds(other.p95_ms)} against"
        f" {milliseconds(base.p95_ms)}."
    )


def warnings(report: Report) -> list[str]:
    """What makes the figures worth less than they look."""
    texts = []
    for run in report.runs:
        name = f"{run.server} ({load_text(run)})"
        if run.interrupted:
            texts.append(f"{name}: stopped by hand after {duration(run.elapsed_seconds)}.")
        attempts = run.calls + run.failures
        if run.failures:
            share = 100 * run.failures / attempts
            texts.append(
                f"{name}: {run.failures:,} of {attempts:,} calls got no answer ({number(share)} %)."
            )
        if run.dropped:
            texts.append(
                f"{name}: {run.dropped:,} arrivals found no free caller within"
                f" {run.load.timeout_seconds:g} s and were dropped; the server does not keep up"
                " with this rate, or more callers are needed."
            )
        elif run.late > 0.01 * max(attempts, 1):
            texts.append(
                f"{name}: {run.late:,} of {attempts:,} calls started over 1 ms late; the waiting"
                " is in their latency."
            )
        if run.client_cpu_share > _BUSY:
            texts.append(
                f"{name}: the client used {100 * run.client_cpu_share:.0f} % of one core, so it may"
                " be the limit; spread the load over several clients."
            )
    return texts
