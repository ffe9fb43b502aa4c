"""``inferctl bench``: latency and throughput of a platform's model, or of any servers."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from inferctl.commands._bench_plan import plan_of
from inferctl.cost.options import add_price_options
from inferctl.endpoint_client import InvocationError
from inferctl.load_progress import LoadProgress
from inferctl.output import console, errors
from load_client.cli import complete, stop_on_signals
from load_client.console import report_text
from load_client.errors import InputError
from load_client.options import add_load_options, add_server_options
from load_client.page import html_page
from load_client.plan import run_plan
from load_client.report import Report
from load_client.report_file import write_report, write_whole

_WAIT_SECONDS = 60.0


def add_parser(verbs: Any) -> None:
    """``inferctl bench MODEL`` or ``inferctl bench --server ADDRESS --model MODEL``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "bench",
        help="measure latency and throughput",
        description="Measures a model of a platform with its golden request, or any servers one"
        " after another, 10 seconds each. Lists are separated by commas and make a sweep. Ctrl-C"
        " ends it with the report of what was done.",
        epilog="Exit status: 0 everything was measured and every call answered, 1 not so,"
        " 2 unusable input.",
    )
    add = parser.add_argument
    add("of_platform", nargs="?", metavar="MODEL", help="a model of the platform, such as minilm")
    add("--platform", type=Path, help="platform file (default: platforms/laptop.yaml)")
    add(
        "--server",
        action="append",
        default=[],
        metavar="[NAME=]ADDRESS",
        help="instead of MODEL, such as plain=tf-serving-grpc://h:8500; repeat it to compare",
    )
    add("--model", help="the model's name, with --server")
    add_server_options(parser, wait_seconds=_WAIT_SECONDS)
    add_load_options(parser)
    add_price_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 all measured and answered, 1 not so, 2 unusable input."""
    try:
        plan = plan_of(arguments)
        with stop_on_signals() as stop, LoadProgress() as progress:
            outcome = run_plan(plan, stop=stop, listener=progress)
    except InputError as error:
        errors.print("\n".join(error.problems), markup=False)
        return 2
    except InvocationError as error:
        errors.print(str(error), markup=False)
        return 1
    kept = bool(outcome.report.runs) and _deliver(outcome.report, arguments)
    if outcome.problem is not None:
        errors.print(str(outcome.problem), markup=False)
    return 0 if kept and complete(outcome) else 1


def _deliver(report: Report, arguments: argparse.Namespace) -> bool:
    """Print and keep the report; False when a file cannot be written."""
    console.print(report_text(report), markup=False)
    try:
        if arguments.json is not None:
            write_report(report, arguments.json)
        if arguments.html is not None:
            write_whole(arguments.html, html_page(report).encode())
    except OSError as error:
        errors.print(str(error), markup=False)
        return False
    return True
