"""Draws a dashboard and its alarms as one SVG file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from inferctl.dashboard_picture.dashboard import AlarmView, Dashboard
from inferctl.dashboard_picture.shapes import CANVAS, EDGE, FAINT, PAPER, box, path, text
from inferctl.dashboard_picture.widgets import Frame, draw_widget
from inferctl.dashboard_picture.words import condition, reason, runbook, wrapped

WIDTH = 1440
_MARGIN, _GAP, _HEAD = 24, 8, 76
_COLUMNS, _ROW = 24, 32
_TABLE_LINE = 40
_WORD_LINE, _LETTER = 14, 6.4
_NAME_X, _CONDITION_X, _REASON_X, _RUNBOOK_X = 14, 290, 640, 1232


def draw(dashboard: Dashboard, alarms: Sequence[AlarmView], *, title: str) -> str:
    """The SVG's text, the same for the same dashboard."""
    unit = (WIDTH - 2 * _MARGIN + _GAP) / _COLUMNS
    known = {alarm.logical_id: alarm for alarm in alarms}
    body: list[str] = []
    for widget in dashboard.widgets:
        frame = Frame(
            _MARGIN + widget.x * unit,
            _HEAD + widget.y * _ROW,
            widget.width * unit - _GAP,
            widget.height * _ROW - _GAP,
        )
        body += draw_widget(widget, frame, known)
    end = _HEAD + _ROW * max((w.y + w.height for w in dashboard.widgets), default=0)
    table, height = _table(alarms, end + 20)
    subtitle = (
        "Titles, metrics, limits and alarms are the template's. The lines only show where data will"
        " be: nothing was measured for this picture."
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}"'
            f' font-family="ui-sans-serif, system-ui, Helvetica, Arial, sans-serif" role="img"'
            f" aria-label={quoteattr(title)}>",
            f'<rect width="{WIDTH}" height="{height:g}" fill="{CANVAS}"/>',
            text(_MARGIN, 36, title, size=20, weight=600),
            text(_MARGIN, 58, subtitle, colour=FAINT),
            *body,
            *table,
            "</svg>",
            "",
        ]
    )


def _table(alarms: Sequence[AlarmView], top: float) -> tuple[list[str], float]:
    """Every alarm with its reason, and where the picture ends."""
    if not alarms:
        return [], top
    width = WIDTH - 2 * _MARGIN
    height = 34 + _TABLE_LINE * len(alarms) + 8
    parts = [
        text(_MARGIN + 2, top + 6, "When alarms go off, and why", size=16, weight=600),
        box(_MARGIN, top + 18, width, height, fill=PAPER),
    ]
    columns = (
        (_NAME_X, "alarm"),
        (_CONDITION_X, "goes off at"),
        (_REASON_X, "because"),
        (_RUNBOOK_X, "what to do: docs/runbooks/"),
    )
    for x, name in columns:
        parts.append(text(_MARGIN + x, top + 40, name, size=11, colour=FAINT))
    for index, alarm in enumerate(alarms):
        y = top + 66 + index * _TABLE_LINE
        line = [(_MARGIN, y - 17), (_MARGIN + width, y - 17)]
        parts += [
            path(line, EDGE, wide=1),
            *_cell(_NAME_X, y, alarm.name, _CONDITION_X - _NAME_X, weight=600),
            *_cell(_CONDITION_X, y, condition(alarm), _REASON_X - _CONDITION_X),
            *_cell(_REASON_X, y, reason(alarm), _RUNBOOK_X - _REASON_X),
            *_cell(_RUNBOOK_X, y, runbook(alarm), width - _RUNBOOK_X),
        ]
    return parts, top + 18 + height + _MARGIN


def _cell(x: float, y: float, words: str, width: float, *, weight: int = 400) -> list[str]:
    lines = wrapped(words, int((width - 16) / _LETTER))
    first = y + (_WORD_LINE / 2 if len(lines) == 1 else 0)
    return [
        text(_MARGIN + x, first + index * _WORD_LINE, line, size=11, weight=weight)
        for index, line in enumerate(lines)
    ]
