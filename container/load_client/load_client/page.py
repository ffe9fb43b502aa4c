"""The report as one HTML file: inline SVG, no scripts, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from load_client import charts
from load_client.comparison import Comparison, comparisons
from load_client.cost import usd_per_million
from load_client.drawing import bars
from load_client.report import Report, Run
from load_client.scales import duration, number
from load_client.style import STYLE
from load_client.summary import (
    Cell,
    best_runs,
    findings,
    load_text,
    price_text,
    rows_of,
    warnings,
)

_COLORS = 8
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'"


def html_page(report: Report, notes: Sequence[str] = ()) -> str:
    """The whole page; ``notes`` are shown with the warnings."""
    servers = list(dict.fromkeys(run.server for run in report.runs))
    colors = {server: number % _COLORS for number, server in enumerate(servers)}
    found = comparisons(report)
    sections = [
        _head(report, found, notes),
        _table(report),
        _comparisons(found, colors),
        _sweeps(report, colors),
        _course(report, colors),
        _distribution(report, colors),
        _cost(report, colors),
        _errors(report),
        _method(report),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.title)}</title><style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(section for section in sections if section)
        + "\n</body></html>\n"
    )


def _head(report: Report, found: Sequence[Comparison], notes: Sequence[str]) -> str:
    machine = report.environment
    parts = [
        f"<h1>{escape(report.title)}</h1>",
        f'<p class="soft">Measured {escape(report.created_at)} from a client with'
        f" {machine.cpus} CPUs ({escape(machine.machine)}, {escape(machine.system)}).</p>",
    ]
    parts.append(_servers(report))
    parts += [f'<p class="finding">{escape(text)}</p>' for text in findings(report, found)]
    parts += [f'<p class="warning">{escape(text)}</p>' for text in [*notes, *warnings(report)]]
    return "\n".join(parts)


def _servers(report: Report) -> str:
    """What was measured, one line a server."""
    lines = dict.fromkeys(f"{run.server}: {run.model} at {run.address}" for run in report.runs)
    return '<p class="soft">' + "<br>".join(escape(line) for line in lines) + "</p>"


def _table(report: Report) -> str:
    header, rows = rows_of(report)
    return f"<h2>Results</h2>{_html_table(header, rows)}"


def _html_table(header: Sequence[Cell], rows: Sequence[Sequence[str]]) -> str:
    heads = "".join(
        f'<th class="{"n" if cell.right else ""}">{escape(cell.text)}</th>' for cell in header
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{"n" if cell.right else ""}">{escape(text)}</td>'
            for cell, text in zip(header, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
        "</div>"
    )


def _comparisons(found: Sequence[Comparison], colors: dict[str, int]) -> str:
    if not found:
        return ""
    # of a sweep, the first load both answered: usually one caller at a time, as in the article
    shown = {comparison.other.server: comparison for comparison in reversed(found)}
    parts = ["<h2>One server against another</h2>"]
    for comparison in reversed(shown.values()):
        base, other = comparison.base.server, comparison.other.server
        parts.append(
            f"<h3>{escape(other)} against {escape(base)}</h3>"
            f"<figure>{charts.comparison_bars(comparison, (colors[base], colors[other]))}"
            "<figcaption>Each pair of bars has its own scale. Percentiles over all calls, the"
            " first one too; where one falls between two calls, the faster one counts."
            "</figcaption></figure>"
        )
    return "".join(parts)


def _sweeps(report: Report, colors: dict[str, int]) -> str:
    parts = []
    for by, name in (("concurrency", "Concurrency"), ("rate", "Arrival rate"), ("batch", "Batch")):
        lines = _sweep_lines(report.runs, by, colors)
        if lines:
            parts.append(
                f"<h2>{name} sweep</h2>{_key([(label, color) for label, color, _ in lines])}"
                f'<div class="pair"><figure>{charts.sweep(lines, by=by, latency=False)}</figure>'
                f"<figure>{charts.sweep(lines, by=by, latency=True)}</figure></div>"
            )
    return "".join(parts)


def _sweep_lines(
    runs: Sequence[Run], by: str, colors: dict[str, int]
) -> list[tuple[str, int, list[Run]]]:
    """Runs that differ in ``by`` alone, as lines."""
    others = [each for each in ("concurrency", "rate", "batch") if each != by]
    groups: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        if getattr(run.load, by) is not None and run.latencies:
            key = (run.server, *(getattr(run.load, each) for each in others))
            groups.setdefault(key, []).append(run)
    groups = {key: group for key, group in groups.items() if len(group) > 1}
    several = len({key[0] for key in groups}) < len(groups)
    lines = []
    for number_, (key, group) in enumerate(groups.items()):
        said = [f"{name} {value}" for name, value in zip(others, key[1:], strict=True) if value]
        label = f"{key[0]}, {', '.join(said)}" if several else str(key[0])
        color = number_ % _COLORS if several else colors[str(key[0])]
        group.sort(key=lambda run: getattr(run.load, by))
        lines.append((label, color, group))
    return lines


def _longest(report: Report, colors: dict[str, int]) -> list[tuple[Run, int]]:
    """Each server's longest run, of equals the one with the most answers."""
    found: dict[str, Run] = {}
    for run in report.runs:
        best = found.get(run.server)
        length = (round(run.elapsed_seconds), run.calls)
        if run.calls and (best is None or length > (round(best.elapsed_seconds), best.calls)):
            found[run.server] = run
    return [(run, colors[run.server]) for run in found.values()]


def _course(report: Report, colors: dict[str, int]) -> str:
    runs = _longest(report, colors)
    if not runs:
        return ""
    key = _key([(f"{run.server} ({load_text(run)})", color) for run, color in runs])
    lengths = [run.windows[0].seconds for run, _ in runs if run.windows]
    window = f" A window is {duration(max(lengths))}." if lengths else ""
    throughput = ""
    if any(len(charts.whole_windows(run)) > 1 for run, _ in runs):
        throughput = (
            f"<figure>{charts.throughput_over_time(runs)}"
            f"<figcaption>{escape(_variations(runs))}</figcaption></figure>"
        )
    return (
        f"<h2>Course of the run</h2>{key}"
        f"<figure>{charts.latency_over_time(runs)}<figcaption>Solid: half of the calls of a window"
        " (p50). Dashed: 99 % of them (p99). Dots: single calls, where there are few. Red ticks:"
        f" calls failed.{window}</figcaption></figure>{throughput}"
    )


def _variations(runs: Sequence[tuple[Run, int]]) -> str:
    """How steady the throughput of each server was."""
    found = [(run.server, charts.variation(run)) for run, _ in runs]
    said = [f"{server} {100 * share:.1f} %" for server, share in found if share is not None]
    if not said:
        return ""
    return f"Highest against lowest window, as a share of the mean: {', '.join(said)}."


def _distribution(report: Report, colors: dict[str, int]) -> str:
    runs = _longest(report, colors)
    if not runs:
        return ""
    key = _key([(f"{run.server} ({load_text(run)})", color) for run, color in runs])
    return f"<h2>Distribution of latency</h2>{key}<figure>{charts.distribution(runs)}</figure>"


def _cost(report: Report, colors: dict[str, int]) -> str:
    rows, bases = [], []
    best_of = best_runs(report)
    for price in report.prices:
        best = best_of.get(price.server)
        if best is None:
            continue
        cost = usd_per_million(best, price.usd_per_hour)
        rows.append((price.server, cost, f"${number(cost)} ({load_text(best)})", price.server))
        bases.append(price_text(price))
    if not rows:
        return ""
    drawn = [(label, cost, text, colors[server]) for label, cost, text, server in rows]
    basis = "; ".join(bases)
    return (
        "<h2>Cost per million inferences</h2>"
        f"<figure>{bars(drawn, title='cost per million inferences')}<figcaption>At each server's"
        f" highest measured throughput, kept up without a pause. Prices: {escape(basis)}."
        "</figcaption></figure>"
    )


def _errors(report: Report) -> str:
    rows = [
        [run.server, load_text(run), kind, f"{count:,}", run.error_messages.get(kind, "")]
        for run in report.runs
        for kind, count in sorted(run.errors.items(), key=lambda item: -item[1])
    ]
    if not rows:
        return ""
    header = [Cell("server"), Cell("load"), Cell("kind"), Cell("calls", right=True), Cell("first")]
    return f"<h2>Failed calls</h2>{_html_table(header, rows)}"


def _method(report: Report) -> str:
    loops = {run.load.rate is None for run in report.runs}
    parts = []
    if True in loops:
        parts.append(
            "Closed loop: each of the callers sends its next call when it has the answer to the"
            " last one, so a slow server is asked less often."
        )
    if False in loops:
        parts.append(
            "Open loop: calls start at their intended times whatever the server does, and latency"
            " counts from the intended time, so waiting for a stalled server is in the figures."
        )
    parts.append(
        "The first call and the warm-up are not among the percentiles. Percentiles are nearest-rank"
        " and off by at most 0.05 %; minimum, maximum and mean are exact. Failed calls are counted,"
        " not timed."
    )
    first = next((run.first for run in report.runs if run.first), None)
    if first is not None:
        parts.append("“First” is the first call on a fresh connection, which may load the model.")
    return f'<h2>How it was measured</h2><p class="soft">{escape(" ".join(parts))}</p>'


def _key(entries: Sequence[tuple[str, int]]) -> str:
    items = "".join(
        f'<span class="c{color}"><i></i>{escape(label)}</span>' for label, color in entries
    )
    return f'<div class="key">{items}</div>'
