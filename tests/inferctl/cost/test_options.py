"""Prices from the command line, of one server or of all."""

from __future__ import annotations

import argparse

import pytest

from inferctl.cost.options import add_price_options, prices_of
from load_client.options import Problems
from load_client.report import Price

SERVERS = ("plain", "neuron")


def prices(*arguments: str, region: str = "us-east-1") -> tuple[tuple[Price, ...], list[str]]:
    parser = argparse.ArgumentParser()
    add_price_options(parser)
    problems = Problems()
    found = prices_of(parser.parse_args(arguments), SERVERS, region=region, problems=problems)
    return found, problems.found


def test_one_type_prices_every_server() -> None:
    found, problems = prices("--instance-type", "c5.xlarge")

    assert [(price.server, price.usd_per_hour) for price in found] == [
        ("plain", 0.17),
        ("neuron", 0.17),
    ]
    assert problems == []


def test_a_named_value_goes_before_the_common_one() -> None:
    found, problems = prices(
        *("--instance-type", "c5.xlarge", "--instance-type", "neuron=inf1.2xlarge"),
        *("--instances", "neuron=2", "--usd-per-hour", "plain=0.2"),
    )

    plain, neuron = found
    assert (plain.usd_per_hour, plain.basis) == (0.2, "c5.xlarge (as given)")
    assert neuron.usd_per_hour == pytest.approx(0.724)
    assert neuron.basis.startswith("2 x $0.362 for inf1.2xlarge in us-east-1, on demand (")
    assert problems == []


def test_servers_without_a_price_have_none() -> None:
    assert prices() == ((), [])
    assert [price.server for price in prices("--usd-per-hour", "neuron=1")[0]] == ["neuron"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            ("--instance-type", "gpu=g5.xlarge"),
            "--instance-type 'gpu' is no server's name (they are: plain, neuron)",
        ),
        (
            ("--usd-per-hour", "1", "--usd-per-hour", "2"),
            "--usd-per-hour is there 2 times without a NAME=",
        ),
        (
            ("--usd-per-hour", "plain=1", "--usd-per-hour", "plain=2"),
            "--usd-per-hour is there twice for 'plain'",
        ),
        (("--instances", "2"), "--instances needs --instance-type or --usd-per-hour"),
        (
            ("--usd-per-hour", "1", "--instances", "1.5"),
            "--instances must be a whole number, got '1.5'",
        ),
        (("--usd-per-hour", "1", "--instances", "0"), "--instances must be at least 1, got 0"),
        (
            ("--usd-per-hour", "1", "--instances", "9" * 5000),
            "--instances must be at most 1,000,000",
        ),
        (("--usd-per-hour", "1e400"), "--usd-per-hour must be a positive number such as 0.362"),
        (("--usd-per-hour", "1e-400"), "--usd-per-hour must be a positive number such as 0.362"),
        (("--usd-per-hour", "free"), "--usd-per-hour must be a positive number such as 0.362"),
        (("--instance-type", "c5.xlrge"), "no price of c5.xlrge in the catalogue; did you mean"),
    ],
)
def test_wrong_prices_are_told(arguments: tuple[str, ...], problem: str) -> None:
    _, problems = prices(*arguments)

    assert len(problems) == 1
    assert problem in problems[0]


def test_the_catalogues_prices_are_of_one_region() -> None:
    _, problems = prices("--instance-type", "c5.xlarge", region="eu-west-1")

    assert "is that of us-east-1, not of eu-west-1" in problems[0]
