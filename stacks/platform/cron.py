"""Checks the six fields of an AWS cron expression.

Source: "Schedule scaling actions using cron expressions" in
docs.aws.amazon.com/autoscaling/application/userguide/
"""

from __future__ import annotations

import re

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS = (
    ("minutes", 0, 59, ()),
    ("hours", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 1, 7, _DAYS),
    ("year", 1970, 2199, ()),
)
_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4
_SPECIAL = {
    _DAY_OF_MONTH: re.compile(r"\?|L|LW|([1-9]|[12][0-9]|3[01])W"),
    _DAY_OF_WEEK: re.compile(r"\?|L|[1-7]L|[1-7]#[1-5]"),
}


def cron_problem(text: str) -> str | None:
    """What is wrong with the expression (without ``cron()``), or None."""
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return (
            f"has {len(fields)} fields; a schedule has six: minutes, hours, day of month, month,"
            " day of week, year"
        )
    for position, field in enumerate(fields):
        name, low, high, names = _FIELDS[position]
        special = _SPECIAL.get(position)
        if special is not None and special.fullmatch(field):
            continue
        if not all(_part_fits(part, low, high, names) for part in field.split(",")):
            allowed = f"{low} to {high}" + (f" or {names[0]} to {names[-1]}" if names else "")
            return f"has {field!r} for {name}, which takes {allowed}, with , - * and /"
    if (fields[_DAY_OF_MONTH] == "?") == (fields[_DAY_OF_WEEK] == "?"):
        return "must have ? for exactly one of day of month and day of week"
    return None


def _part_fits(part: str, low: int, high: int, names: tuple[str, ...]) -> bool:
    span, slash, step = part.partition("/")
    if slash and not (re.fullmatch(r"[0-9]{1,4}", step) and int(step) > 0):
        return False
    if span == "*":
        return True
    ends = [_number(end, names) for end in span.split("-")]
    if len(ends) > 2 or any(end is None or not low <= end <= high for end in ends):
        return False
    first, last = ends[0], ends[-1]
    assert first is not None and last is not None
    return first <= last


def _number(text: str, names: tuple[str, ...]) -> int | None:
    if text.upper() in names:
        return names.index(text.upper()) + 1
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text) else None
