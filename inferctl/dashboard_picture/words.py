"""Queries and alarms in the words of the picture."""

from __future__ import annotations

import re
import textwrap

from inferctl.dashboard_picture.dashboard import AlarmView, Query
from metric_catalog import METRICS

_SEARCH = re.compile(r"SEARCH\('\{?([^}']*)\}?\s*(?:MetricName=\"([^\"]+)\")?")
_UNITS = {"SampleCount": "count", "Average": "avg", "Maximum": "max", "Minimum": "min"}


def label(query: Query) -> str:
    """What stands beside a line."""
    search = _SEARCH.search(query.expression)
    if search is not None and not query.label:
        return f"one line a model: {search[2]}" if search[2] else "one line an error"
    return query.label or query.name or query.expression


def condition(alarm: AlarmView) -> str:
    """``5xx, % > 1 in 2 of 3 x 5 min``."""
    shown = next((query for query in alarm.queries if query.visible), alarm.queries[0])
    statistic = _UNITS.get(shown.statistic, shown.statistic)
    what = shown.label or shown.name if shown.expression else f"{shown.name} {statistic}"
    minutes = shown.period_seconds / 60
    threshold = _with_unit(alarm.threshold, shown)
    span = (
        f"all of {alarm.periods}"
        if alarm.breaching == alarm.periods and alarm.periods > 1
        else f"{alarm.breaching} of {alarm.periods}"
    )
    silence = ", or no data" if alarm.silence == "breaching" else ""
    return f"{what} {alarm.sign} {threshold} in {span} x {minutes:g} min{silence}"


def searches(query: Query) -> bool:
    """Whether it stands for as many lines as there are models."""
    return _SEARCH.search(query.expression) is not None


def wrapped(words: str, letters: int) -> list[str]:
    """One line or two; what does not fit into them is left out."""
    lines = textwrap.wrap(words, letters, max_lines=2, placeholder=" …")
    return lines or [""]


def _with_unit(value: float, query: Query) -> str:
    """``1 s`` for a million microseconds."""
    row = METRICS.get((query.namespace, query.name))
    if row is None or query.statistic == "SampleCount":
        return f"{value:,g}"
    if row.unit == "Microseconds":
        return f"{value / 1e6:,g} s" if value >= 1e6 else f"{value / 1e3:,g} ms"
    words = {"Percent": " %", "Seconds": " s", "Milliseconds": " ms", "Bytes": " B"}
    return f"{value:,g}{words.get(row.unit, '')}"


def reason(alarm: AlarmView) -> str:
    """The description without its link."""
    return alarm.description.partition(" Runbook: ")[0]


def runbook(alarm: AlarmView) -> str:
    """The last part of the link: ``thrashing.md``."""
    return alarm.description.rpartition("/")[2]
