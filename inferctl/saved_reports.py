"""Saved load reports, several of them as one, so that servers stand side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from load_client.errors import InputError
from load_client.options import Problems
from load_client.report import Environment, Report
from load_client.report_file import read_report


@dataclass(frozen=True, kw_only=True)
class SavedReports:
    """``notes`` say what a reader of the joined report must know."""

    report: Report
    notes: tuple[str, ...]


def read_reports(paths: Sequence[Path]) -> SavedReports:
    """The reports of all files as one; raises `InputError` with every problem of every file.

    The first one's first server is what the others are compared with. A server's name that several
    reports use gets the file's name in front, as in ``before: plain``.
    """
    problems = Problems()
    problems.add([f"{path}: is named twice" for path in paths if paths.count(path) > 1])
    reports = [problems.catch(read_report, path) for path in dict.fromkeys(paths)]
    problems.add(
        [
            f"{path}: holds no run"
            for path, report in zip(dict.fromkeys(paths), reports, strict=False)
            if report is not None and not report.runs
        ]
    )
    found = [report for report in reports if report is not None]
    if problems.found or not found:
        raise InputError(problems.found)
    return joined(dict(zip(paths, found, strict=True)))


def joined(reports: dict[Path, Report]) -> SavedReports:
    """One report of all runs and prices; clients that differ are noted."""
    uses = Counter(
        server
        for report in reports.values()
        for server in dict.fromkeys(run.server for run in report.runs)
    )
    stems = Counter(path.stem for path in reports)

    def named(path: Path, server: str) -> str:
        if uses[server] == 1:
            return server
        return f"{path.stem if stems[path.stem] == 1 else path}: {server}"

    parts = list(reports.values())
    return SavedReports(
        report=replace(
            parts[0],
            title=" and ".join(dict.fromkeys(report.title for report in parts)),
            created_at=" and ".join(dict.fromkeys(report.created_at for report in parts)),
            runs=tuple(
                replace(run, server=named(path, run.server))
                for path, report in reports.items()
                for run in report.runs
            ),
            prices=tuple(
                replace(price, server=named(path, price.server))
                for path, report in reports.items()
                for price in report.prices
            ),
        ),
        notes=_notes(reports),
    )


def _notes(reports: dict[Path, Report]) -> tuple[str, ...]:
    (first, report), *others = reports.items()
    return tuple(
        f"{path.name} was measured from another client than {first.name}:"
        f" {_client(other.environment)} instead of {_client(report.environment)}."
        for path, other in others
        if other.environment != report.environment
    )


def _client(environment: Environment) -> str:
    return (
        f"{environment.cpus} CPUs ({environment.machine}, {environment.system},"
        f" Python {environment.python})"
    )
