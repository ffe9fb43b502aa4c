"""The command line of ``python -m load_client``: what it takes, and what is wrong with it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from load_client.addresses import (
    SAGEMAKER,
    TargetOptions,
    bucket_and_key,
    parse_address,
    target_of,
)
from load_client.encoding import Encoding
from load_client.errors import InputError
from load_client.inputs import read_inputs
from load_client.plan import Plan, Server
from load_client.report import Price
from load_client.shapes import Arrivals, LoadShape

P = ParamSpec("P")
T = TypeVar("T")
_PRICE = re.compile(r"(.+)=(\d+(?:\.\d+)?):(.+)")


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """A plan and where its report goes."""

    plan: Plan
    json_file: Path | None
    html_file: Path | None
    ship_to: tuple[str, str] | None
    region: str | None
    endpoint_url: str | None


def make_parser() -> argparse.ArgumentParser:
    """Every option with its unit and default."""
    parser = argparse.ArgumentParser(
        prog="python -m load_client",
        description="Measures model servers and compares them. Lists are separated by commas.",
        epilog="Exit status: 0 everything was measured and every call answered; 1 not so; 2 usage.",
    )
    add = parser.add_argument
    add(
        "servers",
        nargs="+",
        metavar="[NAME=]ADDRESS",
        help="such as plain=tf-serving-grpc://h:8500",
    )
    add("--model", required=True, help="the model's name")
    add("--version", type=int, help="of the model; default: the one that serves")
    add("--signature", default="serving_default", help="TF Serving, default serving_default")
    add("--encoding", choices=[str(each) for each in Encoding], help="v2-http and sagemaker")
    add("--request", type=Path, help="a KServe v2 JSON request")
    add("--input", action="append", default=[], help="NAME=TYPE:SHAPE, NAME=@FILE or NAME=X.npy")
    add("--batch", default="", help="batch sizes; default: the inputs as they are")
    add("--concurrency", default="1", help="callers at once, default 1")
    add("--rate", default="", help="arrivals a second of an open loop; default: a closed loop")
    add("--arrivals", choices=[str(each) for each in Arrivals], default="constant")
    add("--seed", type=int, default=1, help="of Poisson arrivals, default 1")
    add("--seconds", type=float, help="measuring time of each load")
    add("--calls", type=int, help="calls of each load, the first one apart")
    add("--warm-up", type=int, default=3, help="calls before each load, default 3")
    add("--timeout", type=float, default=60.0, help="seconds for a call, default 60")
    add("--window", type=float, help="seconds of a row of the course, default up to 30")
    add("--wait", type=float, default=600.0, help="seconds for a server to get ready, default 600")
    add("--region", help="of AWS, for sagemaker:// and --ship")
    add("--endpoint-url", help="an embedded AWS")
    add("--artifacts", help="s3://bucket/prefix/ of the model index, for TargetModel")
    add("--target-model", help="TargetModel itself, instead of --artifacts")
    add("--price", action="append", default=[], help="NAME=USD_PER_HOUR:BASIS of a server")
    add("--title", help="of the report; default: the model's name")
    add("--json", type=Path, help="write the report there")
    add("--html", type=Path, help="write the page there")
    add("--ship", help="s3://bucket/prefix/ that gets the report and the page")
    return parser


def parse(arguments: Sequence[str]) -> Invocation:
    """The invocation; raises `InputError` with every problem, argparse's own ones exit at once."""
    given = make_parser().parse_args(arguments)
    problems = _Problems()
    inputs = problems.catch(read_inputs, given.request, given.input) or {}
    shapes = _shapes(given, problems)
    prices = [each for text in given.price if (each := problems.catch(_price, text))]
    batches = problems.numbers("--batch", given.batch, int)
    for batch in batches:
        if batch < 1:
            problems.found.append(f"--batch must be at least 1, got {batch}")
    ship_to = problems.catch(bucket_and_key, given.ship, "--ship") if given.ship else None
    if not 0 <= given.wait < float("inf"):
        problems.found.append(f"--wait must not be negative, got {given.wait}")
    for option, path in (("--json", given.json), ("--html", given.html)):
        if path is not None and not path.resolve().parent.is_dir():
            problems.found.append(f"{option} {path}: there is no folder {path.parent}")
    servers = _servers(given, prices, problems)
    if problems.found:
        raise InputError(problems.found)
    return Invocation(
        plan=Plan(
            title=given.title or given.model,
            servers=tuple(servers),
            inputs=inputs,
            shapes=tuple(shapes),
            batches=tuple(batches),
            ready_seconds=given.wait,
        ),
        json_file=given.json,
        html_file=given.html,
        ship_to=ship_to,
        region=given.region,
        endpoint_url=given.endpoint_url,
    )


class _Problems:
    """Gathers what several steps complain about."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def catch(self, make: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return make(*args, **kwargs)
        except InputError as error:
            self.found += [each for each in error.problems if each not in self.found]
            return None

    def numbers(self, option: str, text: str, kind: Callable[[str], T]) -> list[T]:
        try:
            return [kind(part) for part in text.split(",") if part.strip()]
        except ValueError:
            self.found.append(f"{option} must be numbers separated by commas, got {text!r}")
            return []


def _shapes(given: argparse.Namespace, problems: _Problems) -> list[LoadShape]:
    callers = problems.numbers("--concurrency", given.concurrency, int)
    rates: list[float | None] = [*problems.numbers("--rate", given.rate, float)]
    if not callers and given.concurrency.strip(" ,") == "":
        problems.found.append("--concurrency must name at least one number")
    shapes = []
    for rate in rates or [None]:
        for concurrency in callers:
            shape = problems.catch(
                LoadShape,
                concurrency=concurrency,
                rate=rate,
                arrivals=Arrivals(given.arrivals),
                seed=given.seed,
                seconds=given.seconds,
                calls=given.calls,
                warm_up_calls=given.warm_up,
                timeout_seconds=given.timeout,
                window_seconds=given.window,
            )
            if shape is not None:
                shapes.append(shape)
    return shapes


def _servers(
    given: argparse.Namespace, prices: Sequence[Price], problems: _Problems
) -> list[Server]:
    addresses = [found for text in given.servers if (found := problems.catch(parse_address, text))]
    names = [address.name for address in addresses]
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.found.append(f"two servers are called {name!r}")
    problems.found += [
        f"--price {price.server!r} is no server's name (they are: {', '.join(names)})"
        for price in prices
        if price.server not in names
    ]
    if any(address.protocol == SAGEMAKER for address in addresses) and given.region is None:
        problems.found.append("sagemaker:// needs --region")
    if given.ship and given.region is None:
        problems.found.append("--ship needs --region")
    if problems.found:
        return []
    options = TargetOptions(
        model=given.model,
        version=given.version,
        signature=given.signature,
        encoding=Encoding(given.encoding) if given.encoding else None,
        timeout_seconds=given.timeout,
        region=given.region,
        endpoint_url=given.endpoint_url,
        artifacts=given.artifacts,
        target_model=given.target_model,
    )
    servers = []
    for address in addresses:
        target = problems.catch(target_of, address, options)
        price = next((each for each in prices if each.server == address.name), None)
        if target is not None:
            servers.append(Server(name=address.name, target=target, price=price))
    return servers


def _price(text: str) -> Price:
    found = _PRICE.fullmatch(text)
    if found is None:
        raise InputError([f"--price must be NAME=USD_PER_HOUR:BASIS, got {text!r}"])
    return Price(server=found[1], usd_per_hour=float(found[2]), basis=found[3].strip())
