"""Every call with its time: CSV, or JSON Lines of clients, of model metrics or of CloudTrail."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from inferctl.planner.names import model_name
from inferctl.planner.rows import LINES, FileProblems, csv_rows, json_lines
from inferctl.planner.traffic import Calls

COLUMNS = ("time", "model")
# lambda/model_metrics; CloudTrail data events of AWS::SageMaker::Endpoint
_TIMES = ("time", "timestamp", "eventTime")
_MODELS = ("model", "target_model", "ModelName")
_FIRST_MILLISECONDS = 1e11


def read_access_log(path: Path) -> tuple[tuple[str, ...], Calls]:
    """The models and the calls; raises `InputError` with every problem."""
    problems = FileProblems(path)
    names: dict[str, int] = {}
    # ten million calls are 160 MB so, and ten times as much as lists
    times, models = array("d"), array("q")
    for line, row in _rows(path, problems):
        written = _written_time(row)
        time = _seconds(written)
        if time is None:
            problems.add(f"time must be seconds since 1970 or ISO 8601, got {written!r}", line=line)
        name = problems.name({"model": _first(row, _MODELS) or _cloud_trail_model(row)}, line)
        if time is not None and name is not None:
            position = names.setdefault(model_name(name), len(names))
            count = _calls_of(row)
            times.extend([time] * count)
            models.extend([position] * count)
    if not times:
        problems.add("holds no call")
    elif min(times) == max(times):
        problems.add("must span some time: all its calls have the same")
    problems.raise_any()
    unsorted = np.frombuffer(times)
    order = np.argsort(unsorted, kind="stable")
    since_first = unsorted[order] - unsorted.min()
    return tuple(names), Calls(
        times=since_first,
        models=np.frombuffer(models, dtype=np.int64)[order],
        seconds=float(since_first[-1] * len(times) / (len(times) - 1)),
    )


def _rows(path: Path, problems: FileProblems) -> Iterable[tuple[int, Mapping[str, Any]]]:
    if path.suffix in LINES:
        return json_lines(path, problems)
    return csv_rows(path, problems, needed=COLUMNS, allowed=COLUMNS)


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> object:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _written_time(row: Mapping[str, Any]) -> object:
    written = _first(row, _TIMES)
    if written is not None:
        return written
    envelope = row.get("_aws")
    return envelope.get("Timestamp") if isinstance(envelope, dict) else None


def _cloud_trail_model(row: Mapping[str, Any]) -> object:
    request = row.get("requestParameters")
    return request.get("targetModel") if isinstance(request, dict) else None


def _calls_of(row: Mapping[str, Any]) -> int:
    """A record of metrics may hold several calls."""
    calls = row.get("Calls")
    return len(calls) if isinstance(calls, list) and calls else 1


def _seconds(value: object) -> float | None:
    """Seconds since 1970; a time without a zone is UTC."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            return None
        number = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except OverflowError:
        return None
    if number >= _FIRST_MILLISECONDS:
        number /= 1000
    # false for a NaN
    return number if 0 <= number < _FIRST_MILLISECONDS else None
