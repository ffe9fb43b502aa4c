"""The traffic of a fleet as a file says it: rates, rates by the hour, or an access log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inferctl.planner.access_log import read_access_log
from inferctl.planner.names import model_name
from inferctl.planner.rows import LINES, FileProblems, csv_header, csv_rows, read_json
from inferctl.planner.traffic import Calls, Rates, rates_of
from load_client.errors import InputError

_COLUMNS = ("minute", "model", "calls_per_minute")
_DAY_MINUTES = 1440.0
_FORMS = (
    '{"calls_per_minute": {"MODEL": 12}} or'
    ' {"periods": [{"minutes": 60, "calls_per_minute": {"MODEL": 12}}]}'
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Traffic:
    """``names`` are the columns of ``rates``; ``calls`` are there when the file is a log."""

    names: tuple[str, ...]
    rates: Rates
    calls: Calls | None = None


def read_traffic(path: Path) -> Traffic:
    """The traffic; raises `InputError` with every problem of the file."""
    if path.suffix == ".csv":
        return _of_log(path) if "time" in csv_header(path) else _of_csv(path)
    if path.suffix == ".json":
        return _of_json(path)
    if path.suffix in LINES:
        return _of_log(path)
    forms = ", ".join((".csv", ".json", *LINES))
    raise InputError([f"{path}: the name must end in one of {forms}, got {path.suffix!r}"])


def _of_log(path: Path) -> Traffic:
    names, calls = read_access_log(path)
    return Traffic(names=names, rates=rates_of(calls, len(names)), calls=calls)


def _of_csv(path: Path) -> Traffic:
    problems = FileProblems(path)
    lines: dict[tuple[float, str], int] = {}
    periods: dict[float, dict[str, float]] = {}
    for line, row in csv_rows(path, problems, needed=_COLUMNS[1:], allowed=_COLUMNS):
        minute = problems.number(row, "minute", line) if "minute" in row else 0.0
        name = problems.name(row, line)
        rate = problems.number(row, "calls_per_minute", line)
        if minute is None or name is None or rate is None:
            continue
        name = model_name(name)
        if (minute, name) in lines:
            problems.add(f"{name} is there twice, see line {lines[minute, name]}", line=line)
        lines[minute, name] = line
        periods.setdefault(minute, {})[name] = rate
    starts = sorted(periods)
    if starts and starts[0] != 0:
        problems.add(f"the first period must begin at minute 0, got {starts[0]:g}")
    problems.raise_any()
    lengths = [float(each) for each in np.diff(starts)] or [_DAY_MINUTES]
    # the last period is as long as the one before it
    lengths += lengths[-1:] if len(starts) > 1 else []
    return _traffic(problems, [(lengths[n], periods[each]) for n, each in enumerate(starts)])


def _of_json(path: Path) -> Traffic:
    document = read_json(path)
    problems = FileProblems(path)
    if isinstance(document, dict) and set(document) == {"calls_per_minute"}:
        periods = [{"minutes": _DAY_MINUTES, **document}]
    elif isinstance(document, dict) and set(document) == {"periods"}:
        periods = document["periods"]
    else:
        periods = None
    if not isinstance(periods, list):
        raise InputError([f"{path}: must be {_FORMS}"])
    found: list[tuple[float, Mapping[str, float]]] = []
    for number, period in enumerate(periods):
        place = f"periods[{number}]"
        if not isinstance(period, dict) or set(period) != {"minutes", "calls_per_minute"}:
            problems.add(f"{place} must have minutes and calls_per_minute, got {period!r:.80}")
            continue
        minutes = problems.number(period, "minutes", None)
        if minutes == 0:
            problems.add(f"{place}.minutes must be above 0")
        rates = _rates(period["calls_per_minute"], place, problems)
        found.append((minutes or 1.0, rates))
    problems.raise_any()
    return _traffic(problems, found)


def _rates(value: Any, place: str, problems: FileProblems) -> dict[str, float]:
    if not isinstance(value, dict):
        problems.add(f"{place}.calls_per_minute must be an object, got {value!r:.80}")
        return {}
    rates: dict[str, float] = {}
    for name in value:
        rate = problems.number(value, name, None)
        if model_name(name) in rates:
            problems.add(f"{place}: {model_name(name)} is there twice")
        rates[model_name(name)] = rate or 0.0
    return rates


def _traffic(problems: FileProblems, periods: list[tuple[float, Mapping[str, float]]]) -> Traffic:
    names = tuple(dict.fromkeys(name for _, rates in periods for name in rates))
    if not any(rate > 0 for _, rates in periods for rate in rates.values()):
        problems.add("holds no call")
    problems.raise_any()
    per_minute = [[rates.get(name, 0.0) for name in names] for _, rates in periods]
    return Traffic(
        names=names,
        rates=Rates(
            seconds=np.array([minutes * 60 for minutes, _ in periods]),
            per_second=np.array(per_minute) / 60,
        ),
    )
