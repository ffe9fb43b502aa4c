"""Reports as JSON files; reading one tells every problem at once."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from load_client.errors import InputError
from load_client.report import FORMAT, LARGEST_PRICE, VERSION, Report, Run
from load_client.typed_json import from_json

# of seconds or milliseconds; what lies outside was not measured
_SHORTEST, _LONGEST = 1e-9, 1e9
# strings cannot hold the line feeds, so this finds lists only
_PAIR = re.compile(r"\[\n *([-+.\de]+),\n *([-+.\de]+)\n *\]")


def to_json(report: Report) -> bytes:
    """The report as indented JSON, with each bucket and each sample in one line."""
    text = json.dumps(asdict(report), indent=1, allow_nan=False)
    return _PAIR.sub(r"[\1, \2]", text).encode() + b"\n"


def write_report(report: Report, path: Path) -> None:
    """Write the report; raises OSError."""
    write_whole(path, to_json(report))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file completely or not at all; raises OSError. What is no file gets the bytes."""
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    place = path.resolve()
    partial = place.with_name(f"{place.name}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(place)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def read_report(path: Path) -> Report:
    """The report in a file; raises `InputError` with every problem."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError([f"{path}: {error.strerror or error}"]) from error
    return parse_report(data, name=str(path))


def parse_report(data: bytes, *, name: str) -> Report:
    """The report in ``data``; raises `InputError` with every problem."""
    try:
        value: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError([f"{name}: must be JSON: {error}"]) from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise InputError([f"{name}: is no load report (format must be {FORMAT!r})"])
    if value.get("version") != VERSION:
        got = value.get("version")
        raise InputError([f"{name}: version must be {VERSION}, got {got!r}"])
    problems: list[str] = []
    report = from_json(Report, value, "$", problems)
    if report is None or problems:
        raise InputError([f"{name}: {problem}" for problem in problems])
    names = {"$.title": report.title}
    names |= {f"$.runs[{number}].server": run.server for number, run in enumerate(report.runs)}
    problems += [
        f"{name}: {place} must hold printable characters only, got {text!r}"
        for place, text in names.items()
        if not text.isprintable()
    ]
    for number, run in enumerate(report.runs):
        problems += [f"{name}: $.runs[{number}]{problem}" for problem in _run_problems(run)]
    servers = {run.server for run in report.runs}
    problems += [
        f"{name}: $.prices: server {price.server!r} has no run"
        for price in report.prices
        if price.server not in servers
    ]
    problems += _price_problems(report, name)
    if problems:
        raise InputError(problems)
    return report


def _price_problems(report: Report, name: str) -> list[str]:
    problems = [
        f"{name}: $.prices: usd_per_hour must be above 0 and at most {LARGEST_PRICE:,},"
        f" got {price.usd_per_hour}"
        for price in report.prices
        if not 0 < price.usd_per_hour <= LARGEST_PRICE
    ]
    uses = Counter(price.server for price in report.prices)
    problems += [
        f"{name}: $.prices: server {server!r} has two prices"
        for server, count in uses.items()
        if count > 1
    ]
    return problems


def _run_problems(run: Run) -> list[str]:
    problems = _time_problems(run)
    if run.load.rate is not None and (run.load.rate <= 0 or run.load.arrivals is None):
        problems.append(".load: rate must be above 0 and needs arrivals")
    if min((min(pair) for pair in run.histogram), default=1) < 1:
        problems.append(".histogram must hold numbers above 0")
    if run.load.batch < 1 or run.load.concurrency < 1:
        problems.append(".load: batch and concurrency must be at least 1")
    counted = sum(count for _, count in run.histogram)
    if counted != run.calls:
        problems.append(f".histogram counts {counted} calls, .calls is {run.calls}")
    if (run.latencies is None) != (run.calls == 0):
        problems.append(".latencies must be there exactly when calls were answered")
    if any(not 0 <= window.start_seconds <= _LONGEST for window in run.windows):
        problems.append(".windows: start_seconds must not be negative")
    if min((run.calls, run.late, run.dropped, *run.errors.values())) < 0:
        problems.append(": counts must not be negative")
    return problems


def _time_problems(run: Run) -> list[str]:
    """Every time is above 0, and none is longer than anyone measures."""
    times: dict[str, list[float]] = {
        "elapsed_seconds": [run.elapsed_seconds],
        "latencies": [] if run.latencies is None else [*vars(run.latencies).values()],
        "samples": [milliseconds for _, milliseconds in run.samples],
        "first": [] if run.first is None else [run.first.milliseconds],
        "windows": [window.seconds for window in run.windows],
    }
    return [
        f".{name} must be above 0 and at most {_LONGEST:.0f}, got {wrong[0]}"
        for name, values in times.items()
        if (wrong := [value for value in values if not _SHORTEST <= value <= _LONGEST])
    ]
