"""Draws one widget. Lines have shapes of their own, which stand for data and are none."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from inferctl.dashboard_picture.dashboard import AlarmView, Widget
from inferctl.dashboard_picture.shapes import (
    CANVAS,
    COLOURS,
    EDGE,
    FAINT,
    GOOD,
    INK,
    LIMIT,
    PAPER,
    box,
    cut,
    path,
    text,
)
from inferctl.dashboard_picture.words import condition, label, searches

_PAD = 12
_POINTS = 48
_LEGEND_LINE = 16
_ALARMS_A_ROW = 4
_LINES_OF_A_SEARCH = 4


class Frame:
    """Where a widget is, in pixels."""

    def __init__(self, x: float, y: float, width: float, height: float) -> None:
        self.x, self.y, self.width, self.height = x, y, width, height


def draw_widget(widget: Widget, frame: Frame, alarms: Mapping[str, AlarmView]) -> list[str]:
    """The elements of one widget."""
    if widget.kind == "text":
        heading = widget.text.lstrip("# ")
        return [text(frame.x + 2, frame.y + frame.height - 9, heading, size=16, weight=600)]
    if widget.kind == "alarm":
        return _alarms(widget, frame, alarms)
    if widget.view == "singleValue":
        return _values(widget, frame)
    return _graph(widget, frame, floor=_has_floor(widget, alarms.values()))


def _card(frame: Frame, title: str, aside: str = "") -> list[str]:
    room = frame.width - 2 * _PAD - 7 * len(aside)
    return [
        box(frame.x, frame.y, frame.width, frame.height),
        text(frame.x + _PAD, frame.y + 21, cut(title, room, size=13), size=13, weight=600),
        text(frame.x + frame.width - _PAD, frame.y + 21, aside, colour=FAINT, anchor="end"),
    ]


def _has_floor(widget: Widget, alarms: Iterable[AlarmView]) -> bool:
    """Whether the good side of its limit is above, as an alarm on the same values says."""
    drawn = {query.label for query in widget.queries if query.visible}
    values = {value for value, _ in widget.limits}
    return any(
        alarm.sign in "<≤"
        and alarm.threshold in values
        and any(query.visible and query.label in drawn for query in alarm.queries)
        for alarm in alarms
    )


def _graph(widget: Widget, frame: Frame, *, floor: bool) -> list[str]:
    lines = [label(query) for query in widget.queries if query.visible]
    legend = _legend(lines, frame.width - 2 * _PAD, rows=int(frame.height / 2 / _LEGEND_LINE))
    left, right = frame.x + _PAD, frame.x + frame.width - _PAD
    top = frame.y + 34
    bottom = frame.y + frame.height - 10 - _LEGEND_LINE * len(legend)
    parts = _card(frame, widget.title, widget.unit)
    for step in range(4):
        y = top + (bottom - top) * step / 3
        parts.append(path([(left, y), (right, y)], EDGE, wide=1))
    height = bottom - top
    for index, (seed, low) in enumerate(_lines(widget, floor=floor)):
        points = [
            (left + (right - left) * at / (_POINTS - 1), bottom - height * value)
            for at, value in enumerate(_shape(seed, low))
        ]
        parts.append(path(points, COLOURS[index % len(COLOURS)]))
    for value, name in widget.limits:
        y = bottom - height * (0.74 if floor else _place(value, widget.most))
        parts.append(path([(left, y), (right, y)], LIMIT, dash="6 4", wide=1.5))
        words = cut(f"{name} {value:g}", right - left, size=11)
        under = y + 13 if floor else y - 4
        parts.append(text(right - 2, under, words, size=11, colour=LIMIT, anchor="end"))
    for row, entries in enumerate(legend):
        x = left
        for index, name in entries:
            y = bottom + 18 + row * _LEGEND_LINE
            parts.append(box(x, y - 8, 9, 9, fill=COLOURS[index % len(COLOURS)], edge=PAPER))
            parts.append(text(x + 14, y, name, size=11, colour=FAINT))
            x += _entry_width(name)
    return parts


def _place(value: float, most: float | None) -> float:
    """How high a limit is: to scale where the axis has an end, else near the top."""
    return 0.78 if not most else min(max(value / most, 0.05), 0.95)


def _lines(widget: Widget, *, floor: bool) -> Iterator[tuple[str, float]]:
    """Each line's seed and how low it is: percentiles and maxima above what they are beyond."""
    shown = [query for query in widget.queries if query.visible]
    names = [label(query) for query in shown]
    if any(map(searches, shown)):
        names = [f"{names[0]} {number}" for number in range(_LINES_OF_A_SEARCH)]
    rising = names[:1] in (["p50"], ["average"])
    for index, name in enumerate(names):
        step = index if rising else len(names) - index - 1
        low = 0.8 if floor else 0.08 + 0.5 * step / len(names)
        yield f"{widget.title}/{name}/{index}", low


def _shape(seed: str, low: float) -> list[float]:
    """A curve between 0 and 1, always the same for the same name."""
    digest = hashlib.sha256(seed.encode(errors="replace")).digest()
    high = min(0.18, 0.98 - low)
    values = []
    for at in range(_POINTS):
        turn = 2 * math.pi * at / _POINTS
        wave = sum(
            math.sin(turn * (1 + digest[n] % (3 + 3 * n)) + digest[n + 8]) / (n + 1.5)
            for n in range(4)
        )
        values.append(low + high * (0.5 + wave / 4.2))
    return values


def _entry_width(name: str) -> float:
    return 26 + 5.9 * len(name)


def _legend(lines: Sequence[str], width: float, *, rows: int) -> list[list[tuple[int, str]]]:
    """Rows of entries, each with the number of its line; of more than ``rows``, how many more."""
    entries = _all_entries(lines, width)
    shown = entries[: max(rows, 1)]
    if len(entries) > len(shown):
        # the last row gives way to the sum of what is not shown
        first = shown[-1][0][0]
        shown[-1] = [(first, f"and {len(lines) - first} more")]
    return shown


def _all_entries(lines: Sequence[str], width: float) -> list[list[tuple[int, str]]]:
    rows: list[list[tuple[int, str]]] = [[]]
    used = 0.0
    for index, line in enumerate(lines):
        name = cut(line, width - 26, size=11)
        if rows[-1] and used + _entry_width(name) > width + 12:
            rows.append([])
            used = 0.0
        rows[-1].append((index, name))
        used += _entry_width(name)
    return rows


def _values(widget: Widget, frame: Frame) -> list[str]:
    shown = [query for query in widget.queries if query.visible]
    parts = _card(frame, widget.title)
    cell = (frame.width - 2 * _PAD) / max(len(shown), 1)
    for index, query in enumerate(shown):
        x = frame.x + _PAD + index * cell
        name = label(query)
        base = frame.y + frame.height - 12
        curve = [
            (x + (cell - 24) * at / (_POINTS - 1), base - 60 * value)
            for at, value in enumerate(_shape(f"{widget.title}/{name}", 0.1))
        ]
        parts += [
            path(curve, COLOURS[index % len(COLOURS)], wide=1.6),
            text(x, frame.y + 45, cut(name, cell - 16, size=13), size=13, colour=INK),
        ]
    return parts


def _alarms(widget: Widget, frame: Frame, alarms: Mapping[str, AlarmView]) -> list[str]:
    parts = _card(frame, widget.title, f"{len(widget.alarms)} alarms")
    known = [alarm for alarm in map(alarms.get, map(_logical_id, widget.alarms)) if alarm]
    if not known:
        return parts
    rows = -(-len(known) // _ALARMS_A_ROW)
    cell = (frame.width - 2 * _PAD + 8) / _ALARMS_A_ROW
    height = (frame.height - 40) / rows
    shared = _shared([alarm.name for alarm in known])
    for index, alarm in enumerate(known):
        x = frame.x + _PAD + (index % _ALARMS_A_ROW) * cell
        y = frame.y + 32 + (index // _ALARMS_A_ROW) * height
        name = alarm.name.removeprefix(shared)
        parts += [
            box(x, y, cell - 8, height - 6, fill=CANVAS),
            f'<circle cx="{x + 13:g}" cy="{y + (height - 6) / 2:g}" r="4" fill="{GOOD}"/>',
        ]
        middle = y + (height - 6) / 2
        if height >= 38:
            parts += [
                text(x + 25, middle - 3, cut(name, cell - 40), weight=600),
                text(
                    x + 25,
                    middle + 11,
                    cut(condition(alarm), cell - 40, size=10),
                    size=10,
                    colour=FAINT,
                ),
            ]
        else:
            parts.append(text(x + 25, middle + 4, cut(name, cell - 40), weight=600))
    return parts


def _logical_id(reference: str) -> str:
    """``${Alarm.Arn}`` names the alarm of this template."""
    return reference.removeprefix("${").removesuffix("}").removesuffix(".Arn")


def _shared(names: Sequence[str]) -> str:
    """What all names begin with, up to a hyphen."""
    first, last = min(names), max(names)
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
    return first[: first[:length].rfind("-") + 1] if len(names) > 1 else ""
