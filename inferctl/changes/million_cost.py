"""Dollars for a million inferences before and after, at the throughput of saved load reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inferctl.changes.assembly import Assembly
from inferctl.changes.monthly_cost import hourly_fleet
from inferctl.saved_reports import read_reports
from load_client.cost import usd_per_million
from load_client.report import Run
from load_client.summary import best_runs


@dataclass(frozen=True, kw_only=True)
class MillionCost:
    """One server's throughput on one instance type of one side."""

    side: str
    server: str
    instance_type: str
    usd: float
    inferences_per_second: float


def million_costs(
    before: Assembly, after: Assembly, reports: Sequence[Path]
) -> tuple[MillionCost, ...]:
    """Each server of the reports on each type that runs; the second report, if any, is for after.

    A report does not say on what it was measured: it holds for the instances that it is given for.
    Raises `InputError` for an unusable report.
    """
    found: list[MillionCost] = []
    sides = (("before", before, reports[:1]), ("after", after, reports[-1:]))
    for name, side, paths in sides:
        best = best_runs(read_reports(paths).report)
        found += _costs(name, side, best)
    return tuple(found)


def _costs(name: str, side: Assembly, best: dict[str, Run]) -> Iterator[MillionCost]:
    for instance_type, usd in sorted(hourly_fleet(side).items()):
        for server, run in sorted(best.items()):
            yield MillionCost(
                side=name,
                server=server,
                instance_type=instance_type,
                usd=usd_per_million(run, float(usd)),
                inferences_per_second=run.inferences_per_second,
            )
