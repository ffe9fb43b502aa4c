"""Overhead of the load client for each call, and its calls a second on one core.

A trivial server in another process answers the same bytes to every call, so what is measured is
the client. Each protocol meets a named peer in the same run, taking turns: `http.client` in a bare
loop for KServe v2 over HTTP, a bare gRPC stub for TF Serving over gRPC, boto3 for SageMaker, and
NVIDIA's `perf_analyzer` where its binary is found (it is in the tritonclient 2.51.0 wheel, and
needs the libraries that lie beside the server of the nvidia-pytriton wheel).

Exit status 1 when a call of one caller costs 0.3 ms or more (the larger one of the client's CPU
time and its p50 above a bare socket's), or when HTTP stays below 3,000 calls a second with the
client on one core. `--soak 10` runs 10 minutes instead, and fails when memory grows by 2 MB or more
after the first tenth.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import grpc  # type: ignore[import-untyped,unused-ignore]
import numpy as np
from botocore.config import Config

from load_client.engine import measure
from load_client.histogram import LatencyHistogram
from load_client.http_connection import HttpPlace
from load_client.recorder import Progress
from load_client.sagemaker import AwsPlace, SageMaker
from load_client.shapes import LoadShape
from load_client.target import Target
from load_client.tf_serving_grpc import TfServingGrpc
from load_client.tf_serving_messages import PREDICT
from load_client.v2_http import V2Http

OVERHEAD_BAR_MS = 0.3
LEAST_CALLS_A_SECOND = 3000
GROWTH_BAR_MB = 2.0
INPUTS = {"X": np.ones((1, 16), np.float32)}
TENSOR = {"name": "X", "datatype": "FP32", "shape": [1, 16]}
INFERENCE = {"model_name": "m", "model_version": "1", "outputs": [TENSOR | {"data": [1.0] * 16}]}
CONFIGURED = {"name": "X", "data_type": "TYPE_FP32", "dims": [1, 16]}
ANSWERS: dict[str, Any] = {
    "/v2": {"name": "trivial", "version": "1", "extensions": ["binary_tensor_data"]},
    "/v2/models/m": {
        "name": "m",
        "versions": ["1"],
        "platform": "trivial",
        "inputs": [TENSOR],
        "outputs": [TENSOR],
    },
    "/v2/models/m/config": {
        "name": "m",
        "platform": "trivial",
        "max_batch_size": 0,
        "input": [CONFIGURED],
        "output": [CONFIGURED],
    },
}


@dataclass(frozen=True)
class Figures:
    """What one way of calling costs."""

    calls_per_second: float
    p50_ms: float
    cpu_ms: float


def answer_to(path: str) -> bytes:
    """The bytes of an answer; every POST is an inference."""
    body = json.dumps(ANSWERS.get(path, INFERENCE)).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


def serve_http(connection: socket.socket, inference: bytes) -> None:
    """Answers requests whose head and body arrive in one piece or in several."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = b""
    while True:
        while (end := data.find(b"\r\n\r\n")) < 0:
            part = connection.recv(65536)
            if not part:
                return
            data += part
        head = data[:end].lower()
        start = head.find(b"content-length:")
        size = 0 if start < 0 else int(head[start + 15 :].split(b"\r\n", 1)[0])
        while len(data) < end + 4 + size:
            data += connection.recv(65536)
        path = data[:end].split(b" ", 2)[1].decode()
        data = data[end + 4 + size :]
        connection.sendall(inference if head.startswith(b"post") else answer_to(path))


def serve() -> None:
    """The server's process: prints its two ports and answers until its input ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    inference = answer_to("")

    def accept() -> None:
        while True:
            connection, _ = listening.accept()
            Thread(target=serve_http, args=(connection, inference), daemon=True).start()

    Thread(target=accept, daemon=True).start()
    predict = grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"")
    service, method = PREDICT.strip("/").split("/")
    handler = grpc.method_handlers_generic_handler(service, {method: predict})
    server = grpc.server(ThreadPoolExecutor(2), handlers=(handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(listening.getsockname()[1], port, flush=True)
    sys.stdin.read()


@contextmanager
def running_server(cores: list[int]) -> Iterator[tuple[int, int]]:
    """The server on the last core, this process on the first one."""
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        os.sched_setaffinity(process.pid, {cores[-1]})
        ports = process.stdout.readline().split()
        # threads that already run keep their cores, so every task of this process is moved
        for task in Path("/proc/self/task").iterdir():
            os.sched_setaffinity(int(task.name), {cores[0]})
        try:
            yield int(ports[0]), int(ports[1])
        finally:
            process.stdin.close()


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


def loop(call: Callable[[], object], seconds: float) -> Figures:
    """A bare loop that times each call and does nothing else."""
    for _ in range(100):
        call()
    histogram = LatencyHistogram()
    started, cpu = time.perf_counter_ns(), time.process_time()
    ended = started
    while ended - started < seconds * 1e9:
        begun = ended
        call()
        ended = time.perf_counter_ns()
        histogram.record(ended - begun)
    return Figures(
        histogram.count / ((ended - started) / 1e9),
        histogram.percentile(50) / 1e6,
        (time.process_time() - cpu) * 1e3 / histogram.count,
    )


def bare_socket(port: int, request: bytes) -> Callable[[], object]:
    """One send and one receive: what no client can do without."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call() -> None:
        connection.sendall(request)
        connection.recv(65536)

    return call


def bare_http_client(port: int, target: V2Http) -> Callable[[], object]:
    """The standard library's client on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    payload = target.encode(INPUTS)
    headers = {"Inference-Header-Content-Length": str(payload.header_size)}

    def call() -> None:
        connection.request("POST", "/v2/models/m/infer", payload.body, headers)
        connection.getresponse().read()

    return call


def bare_stub(port: int, target: TfServingGrpc) -> Callable[[], object]:
    """gRPC's own Python client with bytes."""
    send = grpc.insecure_channel(f"127.0.0.1:{port}").unary_unary(PREDICT)
    body = target.encode(INPUTS).body
    return lambda: send(body, timeout=60)


def bare_boto3(port: int, target: SageMaker) -> Callable[[], object]:
    """boto3's client without retries."""
    client = boto3.client(
        "sagemaker-runtime",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )
    payload = target.encode(INPUTS)

    def call() -> None:
        client.invoke_endpoint(
            EndpointName="e", ContentType=payload.content_type, Body=payload.body
        )["Body"].read()

    return call


def perf_analyzer(binary: str, port: int, seconds: float, concurrency: int) -> Figures | None:
    """NVIDIA's client against the same server; None, with its words, when it does not run."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.csv"
        command = [binary, "-m", "m", "-u", f"127.0.0.1:{port}", "-i", "http", "-f", str(report)]
        command += ["--concurrency-range", str(concurrency), "--stability-percentage", "50"]
        command += ["-p", str(round(seconds * 1000)), "--percentile", "50"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode or not report.is_file():
            print(f"perf_analyzer does not run: {(done.stderr or done.stdout)[-500:]}")
            return None
        row = next(csv.DictReader(report.read_text().splitlines()))
    return Figures(float(row["Inferences/Second"]), float(row["p50 latency"]) / 1000, float("nan"))


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
        analyzed = None
        if arguments.perf_analyzer:
            analyzed = perf_analyzer(arguments.perf_analyzer, port, seconds, 1)
    if analyzed is not None:
        found["perf_analyzer"] = analyzed
    print(f"{'':<20}{'calls/s':>10}{'p50 ms':>10}{'CPU ms':>10}")
    for name, figures in found.items():
        print(
            f"{name:<20}{figures.calls_per_second:>10,.0f}{figures.p50_ms:>10.4f}"
            f"{figures.cpu_ms:>10.4f}"
        )
    return verdict(found, len(cores))


def soak(minutes: float) -> int:
    """Run for long and watch the memory of this process; the exit status."""
    seconds = minutes * 60
    sizes: list[float] = []

    def watch(progress: Progress) -> None:
        if progress.elapsed_seconds > 0.1 * seconds:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            sizes.append(pages * resource.getpagesize() / 1e6)

    with running_server(sorted(os.sched_getaffinity(0))) as (port, _):
        target = V2Http(place=HttpPlace(host="127.0.0.1", port=port), model="m")
        shape = LoadShape(seconds=seconds, concurrency=4)
        found = measure(target, target.encode(INPUTS), shape, progress=watch)
    growth = max(sizes) - sizes[0]
    print(
        f"{minutes:g} minutes, {found.recorder.histogram.count:,} calls,"
        f" {found.recorder.errors.total()} failed: {sizes[0]:.1f} MB after a tenth, at most"
        f" {growth:.1f} MB more later (below {GROWTH_BAR_MB})"
    )
    return 0 if growth < GROWTH_BAR_MB and not found.recorder.errors else 1


def verdict(found: dict[str, Figures], cores: int) -> int:
    """Print the ratios and say whether the bars hold."""
    pairs = (
        *(("v2-http", "http.client"), ("v2-http", "perf_analyzer")),
        *(("tf-serving-grpc", "gRPC stub"), ("sagemaker", "boto3")),
    )
    for name, peer in pairs:
        if peer in found:
            ratio = found[name].calls_per_second / found[peer].calls_per_second
            print(f"{name} makes {ratio:.2f} times the calls of {peer}, one caller each")
    if "perf_analyzer" not in found:
        print("perf_analyzer was not found, so it is not among the peers (--perf-analyzer FILE)")
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
    parser.add_argument(
        "--perf-analyzer",
        default=shutil.which("perf_analyzer"),
        help="NVIDIA's binary (default: the one on PATH)",
    )
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="watch the memory instead")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve()
        return 0
    if arguments.soak is not None:
        return soak(arguments.soak)
    return compare(arguments)


if __name__ == "__main__":
    sys.exit(main())
