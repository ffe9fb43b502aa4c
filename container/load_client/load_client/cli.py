"""``python -m load_client``: measure, print, write, ship."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from load_client.arguments import Invocation, parse
from load_client.console import ConsoleListener, report_text, summary_line
from load_client.engine import Stop
from load_client.errors import InputError
from load_client.page import html_page
from load_client.plan import Outcome, run_plan
from load_client.report import Report
from load_client.report_file import write_report, write_whole
from load_client.sagemaker import AwsPlace
from load_client.shipping import ShippingError, ship


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 all measured and answered, 1 not so, 2 unusable input."""
    try:
        invocation = parse(sys.argv[1:] if arguments is None else arguments)
        with stop_on_signals() as stop:
            outcome = run_plan(invocation.plan, stop=stop, listener=ConsoleListener())
    except InputError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 2
    good = _deliver(outcome.report, invocation) if outcome.report.runs else False
    if outcome.problem is not None:
        print(outcome.problem, file=sys.stderr)
    return 0 if good and complete(outcome) else 1


def complete(outcome: Outcome) -> bool:
    """Whether the whole plan was measured and every call was answered."""
    runs = outcome.report.runs
    return (
        outcome.problem is None
        and not outcome.stopped
        and all(run.calls and not run.failures for run in runs)
        and all(run.first is None or run.first.error is None for run in runs)
    )


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """SIGINT and SIGTERM end the run after the calls in flight; a second one does not wait."""
    stop = Stop()

    def ask(_number: int, _frame: Any) -> None:
        stop.ask()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, ask) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _deliver(report: Report, invocation: Invocation) -> bool:
    """Print and keep the report; False when a copy could not be kept."""
    print(report_text(report))
    print(summary_line(report), flush=True)
    try:
        if invocation.json_file is not None:
            write_report(report, invocation.json_file)
        if invocation.html_file is not None:
            write_whole(invocation.html_file, html_page(report).encode())
        if invocation.ship_to is not None and invocation.region is not None:
            aws = AwsPlace(region=invocation.region, endpoint_url=invocation.endpoint_url)
            bucket, prefix = invocation.ship_to
            for place in ship(aws.client("s3"), report, bucket=bucket, prefix=prefix):
                print(f"shipped to {place}")
    except (OSError, ShippingError) as error:
        print(error, file=sys.stderr)
        return False
    return True
