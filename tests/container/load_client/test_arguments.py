"""The command line: every problem at once, each naming its option."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from load_client.addresses import TargetOptions, parse_address, target_of
from load_client.arguments import parse
from load_client.encoding import Encoding
from load_client.errors import InputError
from load_client.shapes import Arrivals
from load_client.tf_serving_grpc import TfServingGrpc
from load_client.tf_serving_rest import TfServingRest
from load_client.v2_grpc import V2Grpc
from load_client.v2_http import V2Http

USUAL = ("--model", "resnet", "--input", "X=FP32:1,4", "--calls", "5")


def problems_of(*arguments: str) -> str:
    with pytest.raises(InputError) as caught:
        parse(arguments)
    return "\n".join(caught.value.problems)


def test_the_articles_two_servers_are_understood() -> None:
    found = parse(
        [
            *(
                "plain=tf-serving-grpc://10.0.0.5:8500",
                "accelerated=tf-serving-grpc://10.0.0.5:9000",
            ),
            *("--model", "ssdresnet", "--input", "inputs=UINT8:1,8,8,3", "--calls", "19"),
            *("--warm-up", "0", "--price", "plain=0.17:on demand, us-east-1, 2026-11-21"),
        ]
    )

    plain, accelerated = found.plan.servers
    assert (plain.name, plain.target.address) == ("plain", "tf-serving-grpc://10.0.0.5:8500")
    assert plain.price is not None
    assert (plain.price.usd_per_hour, plain.price.basis) == (
        0.17,
        "on demand, us-east-1, 2026-11-21",
    )
    assert accelerated.price is None
    assert (found.plan.title, found.plan.batches, found.ship_to) == ("ssdresnet", (), None)
    (shape,) = found.plan.shapes
    assert (shape.calls, shape.warm_up_calls, shape.rate) == (19, 0, None)


def test_lists_make_a_sweep() -> None:
    found = parse(
        [
            *("v2-http://h", *USUAL, "--concurrency", "1,8", "--rate", "10,20.5"),
            *("--arrivals", "poisson", "--batch", "1,4"),
        ]
    )

    shapes = [(shape.rate, shape.concurrency) for shape in found.plan.shapes]
    assert shapes == [(10, 1), (10, 8), (20.5, 1), (20.5, 8)]
    assert found.plan.shapes[0].arrivals is Arrivals.POISSON
    assert found.plan.batches == (1, 4)


def test_poisson_is_short_for_poisson_arrivals() -> None:
    usual = parse(["v2-http://h", *USUAL, "--rate", "10"])
    random = parse(["v2-http://h", *USUAL, "--rate", "10", "--poisson"])

    assert usual.plan.shapes[0].arrivals is Arrivals.CONSTANT
    assert random.plan.shapes[0].arrivals is Arrivals.POISSON


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = problems_of(
        *("a=http://h", "--model", "m", "--input", "X", "--batch", "0", "--wait", "-1"),
        *("--json", f"{tmp_path}/none/report.json", "--ship", "bucket"),
    )

    for part in ("a=http://h", "--input 'X'", "seconds or calls", "--batch", "--wait", "--json"):
        assert part in text
    assert "--ship must be s3://bucket/prefix/, got 'bucket'" in text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("http://h:1",), "must begin with one of tf-serving-grpc://"),
        (("v2-http+ssl://h",), "must begin with one of"),
        (("sagemaker+tls://e",), "must begin with one of"),
        (("v2-http://:80",), "names no host"),
        (("v2-grpc://h:80/a",), "gRPC has no paths"),
        (("tf-serving-grpc://h:80/a",), "gRPC has no paths"),
        (("v2-http://h:99999",), "has no valid port"),
        (("v2-http://[::1",), "is no address: Invalid IPv6 URL"),
        (("v2-http://a..b:80",), "names no valid host"),
        (("v2-http://u@h:80",), "must be [NAME=]PROTOCOL://HOST:PORT/PATH"),
        (("v2-http://h:80/a?b",), "must be [NAME=]PROTOCOL://HOST:PORT/PATH"),
        (("v2-http://h:80/a b",), "must be [NAME=]PROTOCOL://HOST:PORT/PATH"),
        (("v2-http://h:80/\u6a21",), "must be [NAME=]PROTOCOL://HOST:PORT/PATH"),
        (("v2-http://h", "--version", "-3"), "--version must be 0 to 9223372036854775807, got -3"),
        (("v2-http://h", "--version", str(2**63)), "--version must be 0 to"),
        (("v2-http://h", "--timeout", "nan"), "timeout_seconds must be above 0"),
        (("v2-http://h", "--seconds", "1e300"), "seconds must be above 0 and at most 1000000"),
        (("v2-http://h", "--json", "none.x", "--html", "none.x"), "--html none.x: --json is the"),
        (("v2-http://h", "--request", "none.x", "--json", "none.x"), "none.x: is read as well"),
        (("v2-http://h", "--price", "v2-http://h=0:x"), "--price must be above 0"),
        (("v2-http://h", "--concurrency", "1,x", "--rate", "0"), "rate must be above 0"),
        (("a=v2-http://h", "a=v2-http://i"), "two servers are called 'a'"),
        (("sagemaker://e",), "sagemaker:// needs --region"),
        (("v2-http://h", "--ship", "s3://bucket/x/"), "--ship needs --region"),
        (("v2-http://h", "--concurrency", "1,x"), "--concurrency must be numbers"),
        (("v2-http://h", "--concurrency", ","), "--concurrency must name at least one"),
        (("v2-http://h", "--concurrency", "0"), "concurrency must be 1 to 1024, got 0"),
        (("v2-http://h", "--rate", "0"), "rate must be above 0"),
        (("v2-http://h", "--json", "/tmp"), "--json /tmp: is a folder"),
        (("v2-http://h", "--price", "b=1:x"), "--price 'b' is no server's name"),
        (("v2-http://h", "--price", "v2-http://h=much"), "--price must be NAME=USD_PER_HOUR:BASIS"),
    ],
)
def test_parse_rejects(arguments: tuple[str, ...], text: str) -> None:
    assert text in problems_of(*arguments, *USUAL)


@pytest.mark.parametrize("arguments", [(), ("v2-http://h",), ("v2-http://h", "--model")])
def test_missing_arguments_end_with_status_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(arguments)

    assert caught.value.code == 2
    assert "usage: python -m load_client" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "kind", "port"),
    [
        ("tf-serving-grpc://h", TfServingGrpc, 8500),
        ("tf-serving-rest://h", TfServingRest, 8501),
        ("v2-http://h", V2Http, 8000),
        ("v2-grpc+tls://h:443", V2Grpc, 443),
    ],
)
def test_each_protocol_has_its_target_and_port(text: str, kind: Any, port: int) -> None:
    target = target_of(parse_address(text), TargetOptions(model="m", version=2))

    assert isinstance(target, TfServingGrpc | TfServingRest | V2Http | V2Grpc)
    assert isinstance(target, kind)
    assert (target.place.port, target.version) == (port, 2)
    assert target.place.tls == ("+tls" in text)


def test_a_path_and_an_encoding_reach_the_target() -> None:
    address = parse_address("triton=v2-http://h:80/behind/a/proxy/")

    target = target_of(address, TargetOptions(model="m", encoding=Encoding.JSON))

    assert isinstance(target, V2Http)
    assert (address.name, target.place.path) == ("triton", "/behind/a/proxy")
    assert target.encoding is Encoding.JSON


def test_an_endpoint_keeps_its_capital_letters() -> None:
    assert parse_address("sagemaker://Laptop-Models").host == "Laptop-Models"
