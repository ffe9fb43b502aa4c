"""``inferctl bench``: closed-loop latency and throughput of one model, warm calls only."""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from inferctl.commands._target import add_target, deployment_of, load, model_named
from inferctl.deployment import NotDeployedError
from inferctl.endpoint_client import EndpointClient, InvocationError
from inferctl.output import console, errors, step, table
from inferctl.percentiles import percentile
from inferctl.questions import NoGoldenRequestError, golden_request

WARM_UP_CALLS = 3


def add_parser(verbs: Any) -> None:
    """``inferctl bench MODEL [--seconds S] [--concurrency C]``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "bench", help="measure a model's warm latency", description=__doc__
    )
    parser.add_argument("model", help="a model's folder name; its golden request is sent")
    parser.add_argument("--seconds", type=float, default=10.0, help="measuring time, default 10")
    parser.add_argument("--concurrency", type=int, default=1, help="callers at once, default 1")
    add_target(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 measured, 1 a call failed, 2 unusable input."""
    if not 0 < arguments.seconds <= 3600 or not 1 <= arguments.concurrency <= 64:
        errors.print("--seconds must be above 0 and at most 3600, --concurrency 1 to 64")
        return 2
    try:
        platform = load(arguments.platform)
        model = model_named(platform, arguments.model)
        body = golden_request(model.folder, model.build)
        deployment = deployment_of(platform)
    except (OSError, NoGoldenRequestError, NotDeployedError) as error:
        errors.print(str(error), markup=False)
        return 2
    try:
        client = deployment.client()
        target_model = client.target_model(arguments.model)
        with step(f"{arguments.model} x {arguments.concurrency}"):
            milliseconds, elapsed = _measure(client, target_model, body, arguments)
    except (InvocationError, NotDeployedError) as error:
        errors.print(str(error), markup=False)
        return 1
    figures = [f"{percentile(milliseconds, rank):.1f}" for rank in (50, 90, 95, 99)]
    figures += [f"{max(milliseconds):.1f}", f"{len(milliseconds) / elapsed:.1f}"]
    columns = ("calls>", "p50 ms>", "p90 ms>", "p95 ms>", "p99 ms>", "max ms>", "calls/s>")
    console.print(table(columns, [(str(len(milliseconds)), *figures)]))
    return 0


def _measure(
    client: EndpointClient, target_model: str, body: bytes, arguments: argparse.Namespace
) -> tuple[list[float], float]:
    """Milliseconds of each call and the seconds all callers took together."""
    for _ in range(WARM_UP_CALLS):
        client.invoke(target_model, body)
    started = time.perf_counter()
    deadline = started + arguments.seconds

    def caller() -> list[float]:
        mine: list[float] = []
        while time.perf_counter() < deadline or not mine:
            mine.append(client.invoke(target_model, body).seconds * 1000)
        return mine

    with ThreadPoolExecutor(max_workers=arguments.concurrency) as pool:
        callers = [pool.submit(caller) for _ in range(arguments.concurrency)]
        milliseconds = [value for future in callers for value in future.result()]
    return milliseconds, time.perf_counter() - started
