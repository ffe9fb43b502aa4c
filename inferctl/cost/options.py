"""The options that give servers a price, and the prices they give."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from inferctl.cost.price_basis import PriceBasis, UnknownPriceError, catalogue_price, given_price
from load_client.options import Problems
from load_client.report import Price

DEFAULT_REGION = "us-east-1"
_MOST_INSTANCES = 1_000_000
_OPTIONS = ("instance_type", "usd_per_hour", "instances")


def add_price_options(parser: argparse.ArgumentParser) -> None:
    """``--instance-type``, ``--usd-per-hour`` and ``--instances``, of one server or of all."""
    for option, metavar, text in (
        ("--instance-type", "[NAME=]TYPE", "price it by the catalogue"),
        ("--usd-per-hour", "[NAME=]X", "of one instance, instead of the catalogue's"),
        ("--instances", "[NAME=]N", "instances behind a server, default 1"),
    ):
        parser.add_argument(option, action="append", default=[], metavar=metavar, help=text)


def prices_of(
    given: argparse.Namespace, servers: Sequence[str], *, region: str, problems: Problems
) -> tuple[Price, ...]:
    """The prices of the servers that got one."""
    values = {option: _by_server(given, option, servers, problems) for option in _OPTIONS}
    prices = []
    for server in servers:
        texts = {option: found.get(server) for option, found in values.items()}
        if texts["instance_type"] is None and texts["usd_per_hour"] is None:
            if texts["instances"] is not None:
                problems.add(["--instances needs --instance-type or --usd-per-hour"])
            continue
        try:
            prices.append(_basis(texts, region).of_server(server))
        except UnknownPriceError as error:
            problems.add([str(error)])
    return tuple(prices)


def _basis(texts: Mapping[str, str | None], region: str) -> PriceBasis:
    instance_type, usd_per_hour = texts["instance_type"], texts["usd_per_hour"]
    count = texts["instances"] or "1"
    if not count.isdecimal():
        raise UnknownPriceError(f"--instances must be a whole number, got {count!r}")
    if len(count) > len(str(_MOST_INSTANCES)) or int(count) > _MOST_INSTANCES:
        raise UnknownPriceError(f"--instances must be at most {_MOST_INSTANCES:,}")
    if usd_per_hour is not None:
        label = instance_type or "price from the command line"
        return given_price(usd_per_hour, label=label, instances=int(count))
    assert instance_type is not None
    return catalogue_price(instance_type, region=region, instances=int(count))


def _by_server(
    given: argparse.Namespace, option: str, servers: Sequence[str], problems: Problems
) -> dict[str, str]:
    """The option's value for each server; one without a name is for all that have none."""
    flag = f"--{option.replace('_', '-')}"
    named: dict[str, str] = {}
    common: list[str] = []
    for text in getattr(given, option):
        name, equals, value = text.rpartition("=")
        if not equals:
            common.append(value)
        elif name not in servers:
            there = ", ".join(servers) or "none"
            problems.add([f"{flag} {name!r} is no server's name (they are: {there})"])
        elif name in named:
            problems.add([f"{flag} is there twice for {name!r}"])
        else:
            named[name] = value
    if len(common) > 1:
        problems.add([f"{flag} is there {len(common)} times without a NAME="])
    return {**dict.fromkeys(servers, common[0]), **named} if common else named
