"""Overhead of the load client for each call, and its calls a second on one core.

A trivial server in another process answers the same bytes to every call, so what is measured is
the client. Each protocol meets a named peer in the same run, taking turns: `http.client` in a bare
loop for KServe v2 over HTTP, a bare gRPC stub for TF Serving over gRPC, boto3 for SageMaker.

Exit status 1 when a call of one caller costs 0.3 ms or more (the larger one of the client's CPU
time and its p50 above a bare socket's), or when HTTP stays below 3,000 calls a second with the
client on one core.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable

from benchmarks.client_peers import (
    Figures,
    bare_boto3,
    bare_http_client,
    bare_socket,
    bare_stub,
    loop,
)
from benchmarks.trivial_server import INPUTS, running_server
from load_client.engine import measure
from load_client.http_connection import HttpPlace
from load_client.sagemaker import AwsPlace, SageMaker
from load_client.shapes import LoadShape
from load_client.target import Target
from load_client.tf_serving_grpc import TfServingGrpc
from load_client.v2_http import V2Http

OVERHEAD_BAR_MS = 0.3
LEAST_CALLS_A_SECOND = 3000


def ours(target: Target, seconds: float, concurrency: int = 1) -> Figures:
    """The load client itself."""
    shape = LoadShape(seconds=seconds, concurrency=concurrency, warm_up_calls=100)
    found = measure(target, target.encode(INPUTS), shape, first_call=False)
    if found.recorder.errors:
        raise RuntimeError(f"calls failed: {found.recorder.first_messages}")
    histogram = found.recorder.histogram
    return Figures(
        histogram.count / found.elapsed_seconds,
        histogram.percentile(50) / 1e6,
        found.client_cpu_seconds * 1e3 / histogram.count,
    )


def median(rounds: list[Figures]) -> Figures:
    """The median of each figure."""
    return Figures(
        statistics.median(each.calls_per_second for each in rounds),
        statistics.median(each.p50_ms for each in rounds),
        statistics.median(each.cpu_ms for each in rounds),
    )


def in_turns(ways: dict[str, Callable[[], Figures]], rounds: int) -> dict[str, Figures]:
    """Each way's median; they take turns, so all meet the same machine."""
    found: dict[str, list[Figures]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(way())
    return {name: median(figures) for name, figures in found.items()}


def compare(arguments: argparse.Namespace) -> int:
    """Measure everything and print the table; the exit status."""
    seconds, rounds = arguments.seconds, arguments.rounds
    cores = sorted(os.sched_getaffinity(0))
    with running_server(cores) as (port, grpc_port):
        place = HttpPlace(host="127.0.0.1", port=port)
        v2 = V2Http(place=place, model="m")
        tf = TfServingGrpc(place=HttpPlace(host="127.0.0.1", port=grpc_port), model="m")
        aws = AwsPlace(region="us-east-1", endpoint_url=f"http://127.0.0.1:{port}")
        sagemaker = SageMaker(aws=aws, endpoint="e", model="m")
        request = place.request("POST", "/v2/models/m/infer", {}, v2.encode(INPUTS).body)
        peers = {
            "bare socket": bare_socket(port, request),
            "http.client": bare_http_client(port, v2),
            "gRPC stub": bare_stub(grpc_port, tf),
            "boto3": bare_boto3(port, sagemaker),
        }
        ways: dict[str, Callable[[], Figures]] = {
            "v2-http": lambda: ours(v2, seconds),
            "tf-serving-grpc": lambda: ours(tf, seconds),
            "sagemaker": lambda: ours(sagemaker, seconds),
            "v2-http, 4 at once": lambda: ours(v2, seconds, 4),
        }
        for name, call in peers.items():
            ways[name] = lambda call=call: loop(call, seconds)  # type: ignore[misc]
        found = in_turns(ways, rounds)
    print(f"{'':<20}{'calls/s':>10}{'p50 ms':>10}{'CPU ms':>10}")
    for name, figures in found.items():
        print(
            f"{name:<20}{figures.calls_per_second:>10,.0f}{figures.p50_ms:>10.4f}"
            f"{figures.cpu_ms:>10.4f}"
        )
    return verdict(found, len(cores))


def verdict(found: dict[str, Figures], cores: int) -> int:
    """Print the ratios and say whether the bars hold."""
    pairs = (
        ("v2-http", "http.client"),
        ("tf-serving-grpc", "gRPC stub"),
        ("sagemaker", "boto3"),
    )
    for name, peer in pairs:
        ratio = found[name].calls_per_second / found[peer].calls_per_second
        print(f"{name} makes {ratio:.2f} times the calls of {peer}, one caller each")
    if cores < 2:
        print("there is one core only, so the server takes a part of the client's time")
    overheads = {
        "v2-http": found["v2-http"].p50_ms - found["bare socket"].p50_ms,
        "sagemaker": found["sagemaker"].p50_ms - found["bare socket"].p50_ms,
        "tf-serving-grpc": found["tf-serving-grpc"].p50_ms - found["gRPC stub"].p50_ms,
    }
    holds = True
    for name, difference in overheads.items():
        overhead = max(difference, found[name].cpu_ms)
        holds = holds and overhead < OVERHEAD_BAR_MS
        print(
            f"overhead of {name}: {overhead:.3f} ms (below {OVERHEAD_BAR_MS}): CPU"
            f" {found[name].cpu_ms:.3f}, p50 {difference:+.3f} above the bare one"
        )
    best = max(found["v2-http"].calls_per_second, found["v2-http, 4 at once"].calls_per_second)
    print(f"one core: {best:,.0f} calls/s (at least {LEAST_CALLS_A_SECOND:,})")
    return 0 if holds and best >= LEAST_CALLS_A_SECOND else 1


def main() -> int:
    """Run the benchmark; the exit status says whether the bars hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="of each turn, default 1")
    parser.add_argument("--rounds", type=int, default=3, help="turns each, the median counts")
    arguments = parser.parse_args()
    return compare(arguments)


if __name__ == "__main__":
    sys.exit(main())
