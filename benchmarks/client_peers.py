"""What the load client is compared with: bare loops around the usual clients."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

import boto3
import grpc  # type: ignore[import-untyped,unused-ignore]
from botocore.config import Config

from benchmarks.trivial_server import INPUTS
from load_client.histogram import LatencyHistogram
from load_client.sagemaker import SageMaker
from load_client.tf_serving_grpc import TfServingGrpc
from load_client.tf_serving_messages import PREDICT
from load_client.v2_http import V2Http


@dataclass(frozen=True)
class Figures:
    """What one way of calling costs."""

    calls_per_second: float
    p50_ms: float
    cpu_ms: float


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
