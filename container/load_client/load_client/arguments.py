"""The command line of ``python -m load_client``: what it takes, and what is wrong with it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from load_client.addresses import bucket_and_key
from load_client.errors import InputError
from load_client.inputs import read_inputs
from load_client.options import (
    Problems,
    add_load_options,
    add_server_options,
    addresses_of,
    batches_of,
    check_folders,
    check_server_options,
    servers_of,
    shapes_of,
)
from load_client.plan import Plan
from load_client.report import LARGEST_PRICE, Price

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
    add_server_options(parser, wait_seconds=600)
    add_load_options(parser)
    add("--price", action="append", default=[], help="NAME=USD_PER_HOUR:BASIS of a server")
    add("--ship", help="s3://bucket/prefix/ that gets the report and the page")
    return parser


def parse(arguments: Sequence[str]) -> Invocation:
    """The invocation; raises `InputError` with every problem, argparse's own ones exit at once."""
    given = make_parser().parse_args(arguments)
    problems = Problems()
    inputs = problems.catch(read_inputs, given.request, given.input) or {}
    shapes = shapes_of(given, problems)
    batches = batches_of(given, problems)
    prices = [each for text in given.price if (each := problems.catch(_price, text))]
    addresses = addresses_of(given.servers, given, problems)
    names = [address.name for address in addresses]
    problems.add(
        [
            f"--price {price.server!r} is no server's name (they are: {', '.join(names)})"
            for price in prices
            if price.server not in names
        ]
    )
    ship_to = problems.catch(bucket_and_key, given.ship, "--ship") if given.ship else None
    if given.ship and given.region is None:
        problems.add(["--ship needs --region"])
    check_server_options(given, problems)
    check_folders(problems, reads=[given.request], json=given.json, html=given.html)
    servers = servers_of(addresses, given, model=given.model, prices=prices, problems=problems)
    if problems.found:
        raise InputError(problems.found)
    return Invocation(
        plan=Plan(
            title=given.title or given.model,
            servers=servers,
            inputs=inputs,
            shapes=shapes,
            batches=batches,
            ready_seconds=given.wait,
        ),
        json_file=given.json,
        html_file=given.html,
        ship_to=ship_to,
        region=given.region,
        endpoint_url=given.endpoint_url,
    )


def _price(text: str) -> Price:
    found = _PRICE.fullmatch(text)
    if found is None:
        raise InputError([f"--price must be NAME=USD_PER_HOUR:BASIS, got {text!r}"])
    if not 0 < float(found[2]) <= LARGEST_PRICE:
        raise InputError([f"--price must be above 0 and at most {LARGEST_PRICE:,}, got {text!r}"])
    return Price(server=found[1], usd_per_hour=float(found[2]), basis=found[3].strip())
