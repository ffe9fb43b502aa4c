"""``inferctl cost``: what a million inferences cost at the throughput of saved load reports."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inferctl.cost.options import DEFAULT_REGION, add_price_options, prices_of
from inferctl.output import console, errors
from inferctl.saved_reports import read_reports
from load_client.console import aligned
from load_client.cost import saving_percent, usd_per_million, usd_per_year
from load_client.errors import InputError
from load_client.options import Problems
from load_client.report import Price, Report, Run
from load_client.scales import number
from load_client.summary import Cell, best_runs, load_text, price_text

_MOST_REPORTS = 2


@dataclass(frozen=True, kw_only=True)
class ServerCost:
    """A server at its highest measured throughput."""

    run: Run
    price: Price

    @property
    def usd_per_million(self) -> float:
        """Dollars for a million inferences."""
        return usd_per_million(self.run, self.price.usd_per_hour)

    @property
    def usd_per_year(self) -> float:
        """Dollars for the server all year."""
        return usd_per_year(self.price.usd_per_hour)


def add_parser(verbs: Any) -> None:
    """``inferctl cost REPORT [REPORT2] [--instance-type T]``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "cost",
        help="dollars per million inferences, from load reports",
        description="Prices each server of one or two saved reports at its highest measured"
        " throughput, kept up without a pause, and compares the others with the first one. Prices"
        " are the report's own, the catalogue's or those given; no data transfer, storage or"
        " spare capacity.",
        epilog="Exit status: 0 reckoned, 2 unusable input.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="REPORT", help="one or two")
    add_price_options(parser)
    parser.add_argument(
        "--region", default=DEFAULT_REGION, help=f"of the prices, default {DEFAULT_REGION}"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 reckoned, 2 unusable input."""
    try:
        costs, notes = _costs(arguments)
    except InputError as error:
        errors.print("\n".join(error.problems), markup=False)
        return 2
    console.print(aligned(_COLUMNS, [_row(cost) for cost in costs]), markup=False)
    for text in [*_savings(costs), *_price_texts(costs), *notes]:
        console.print(text, markup=False)
    return 0


def _costs(given: argparse.Namespace) -> tuple[list[ServerCost], tuple[str, ...]]:
    problems = Problems()
    if len(given.files) > _MOST_REPORTS:
        problems.add([f"one or two reports can be priced, got {len(given.files)}"])
    saved = problems.catch(read_reports, given.files)
    if saved is None:
        raise InputError(problems.found)
    servers = [*dict.fromkeys(run.server for run in saved.report.runs)]
    prices = {price.server: price for price in saved.report.prices}
    given_prices = prices_of(given, servers, region=given.region, problems=problems)
    prices |= {price.server: price for price in given_prices}
    best = best_runs(saved.report)
    problems.add([f"server {each} answered no call" for each in servers if each not in best])
    if not problems.found:
        problems.add(_without_price(saved.report, prices))
    if problems.found:
        raise InputError(problems.found)
    costs = [ServerCost(run=best[server], price=prices[server]) for server in servers]
    return costs, saved.notes


def _without_price(report: Report, prices: dict[str, Price]) -> list[str]:
    return [
        f"server {server} has no price: give --instance-type or --usd-per-hour"
        for server in dict.fromkeys(run.server for run in report.runs)
        if server not in prices
    ]


_WORDS = ("server", "load")
_COLUMNS = [
    Cell(name, right=name not in _WORDS)
    for name in (*_WORDS, "inf/s", "$/hour", "$/million", "$/year")
]


def _row(cost: ServerCost) -> list[str]:
    return [
        cost.run.server,
        load_text(cost.run),
        number(cost.run.inferences_per_second),
        f"{cost.price.usd_per_hour:.10g}",
        number(cost.usd_per_million),
        f"{cost.usd_per_year:,.0f}",
    ]


def _savings(costs: Sequence[ServerCost]) -> list[str]:
    base, *others = costs
    texts = []
    for other in others:
        percent = saving_percent(base.usd_per_million, other.usd_per_million)
        less = "less" if percent >= 0 else "more"
        texts.append(
            f"{other.run.server} costs {abs(percent):.1f} % {less} per million inferences than"
            f" {base.run.server}: ${number(other.usd_per_million)} against"
            f" ${number(base.usd_per_million)}."
        )
    return texts


def _price_texts(costs: Sequence[ServerCost]) -> list[str]:
    return [f"Price of {price_text(cost.price)}." for cost in costs]
