"""Reports as JSON files; reading one tells every problem at once."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from load_client.errors import InputError
from load_client.report import FORMAT, VERSION, Report, Run
from load_client.typed_json import from_json

# strings cannot hold the line feeds, so this finds lists only
_PAIR = re.compile(r"\[\n *([-+.\de]+),\n *([-+.\de]+)\n *\]")


def to_json(report: Report) -> bytes:
    """The report as indented JSON, with each bucket and each sample in one line."""
    text = json.dumps(asdict(report), indent=1, allow_nan=False)
    return _PAIR.sub(r"[\1, \2]", text).encode() + b"\n"


def write_report(report: Report, path: Path) -> None:
    """Write the report; raises OSError."""
    path.write_bytes(to_json(report))


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
    for number, run in enumerate(report.runs):
        problems += [f"{name}: $.runs[{number}]{problem}" for problem in _run_problems(run)]
    servers = {run.server for run in report.runs}
    problems += [
        f"{name}: $.prices: server {price.server!r} has no run"
        for price in report.prices
        if price.server not in servers
    ]
    if problems:
        raise InputError(problems)
    return report


def _run_problems(run: Run) -> list[str]:
    problems = []
    if run.elapsed_seconds <= 0:
        problems.append(f".elapsed_seconds must be above 0, got {run.elapsed_seconds}")
    if run.load.batch < 1 or run.load.concurrency < 1:
        problems.append(".load: batch and concurrency must be at least 1")
    counted = sum(count for _, count in run.histogram)
    if counted != run.calls:
        problems.append(f".histogram counts {counted} calls, .calls is {run.calls}")
    if (run.latencies is None) != (run.calls == 0):
        problems.append(".latencies must be there exactly when calls were answered")
    if any(window.seconds <= 0 for window in run.windows):
        problems.append(".windows: seconds must be above 0")
    if min((run.calls, run.late, run.dropped, *run.errors.values())) < 0:
        problems.append(": counts must not be negative")
    return problems
