"""What the embedded AWS adds to one inference: boto3 against tritonserver itself, interleaved.

Without arguments it measures minilm on the laptop platform that `make up` deployed; another model
needs --model with its --tensor (``name:datatype:shape``) and --output.

The direct calls go through Python's own HTTP client, over a connection into the server's sandbox
that the agent's socket gives; both sides send the same bytes. Exit status 1 when the difference of
the medians is above --limit-ms (2), 2 when the endpoint cannot be measured.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import tritonclient.http as triton
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from inferctl.deployment import NotDeployedError, read_deployment
from inferctl.endpoint_client import InvocationError
from inferctl.localaws.serving.agent import open_connection
from inferctl.localaws.state import running_url

BINARY = "application/vnd.sagemaker-triton.binary+json;json-header-size="
SENTENCE = b"A man is eating food."
DTYPES = {"FP32": np.float32, "UINT8": np.uint8, "INT32": np.int32}


class MeasurementError(RuntimeError):
    """The endpoint is not in a state that can be measured."""


def tensor_of(text: str) -> tuple[str, str, list[int]]:
    """``name:datatype:shape``, the shape with commas."""
    name, datatype, shape = text.split(":")
    if datatype not in ("BYTES", *DTYPES):
        raise ValueError(f"datatype must be BYTES or one of {', '.join(DTYPES)}, got {datatype!r}")
    return name, datatype, [int(size) for size in shape.split(",")]


def request_bodies(tensor: tuple[str, str, list[int]], output: str) -> dict[str, tuple[bytes, str]]:
    """Body and content type, as JSON and as binary."""
    name, datatype, shape = tensor
    if datatype == "BYTES":
        values: Any = np.full(shape, SENTENCE, dtype=object)
    else:
        values = np.ones(shape, dtype=DTYPES[datatype])
    bodies = {}
    for binary in (False, True):
        given = triton.InferInput(name, shape, datatype)
        given.set_data_from_numpy(values, binary_data=binary)
        wanted = [triton.InferRequestedOutput(output, binary_data=binary)]
        body, size = triton.InferenceServerClient.generate_request_body([given], outputs=wanted)
        bodies["binary" if binary else "json"] = (
            body,
            "application/json" if size is None else f"{BINARY}{size}",
        )
    return bodies


def served_by(url: str, endpoint: str, target: str) -> tuple[Path, str]:
    """The agent's socket and the model's name in the container."""
    with urllib.request.urlopen(f"{url}/_localaws/status") as answer:
        serving = json.load(answer).get("serving", {})
    status = serving.get(endpoint)
    if not status or not status["container"]:
        raise MeasurementError(f"no container serves endpoint {endpoint!r} at {url}")
    agent = status["container"]["agent_socket"]
    names = [model["name"] for model in status["models"] if model["target_model"] == target]
    if not names or not agent:
        raise MeasurementError(f"{target!r} is not loaded in a sandbox of this machine")
    return Path(agent), names[0]


def medians(calls: dict[str, Callable[[], None]], repeats: int) -> dict[str, float]:
    """Median milliseconds of each call; they take turns, so both meet the same load."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(repeats + 5):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            if turn >= 5:
                times[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def measure(arguments: argparse.Namespace) -> float:
    """Prints one line for each encoding and returns the larger difference, in milliseconds."""
    url = running_url()
    if url is None:
        raise MeasurementError("the embedded AWS is not running; run `make up`")
    platform = read_deployment("laptop", region="us-east-1", url=url).client()
    client = boto3.client(
        "sagemaker-runtime",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )
    bodies = request_bodies(arguments.tensor, arguments.output)
    target = platform.target_model(arguments.model)

    def by_boto3(body: bytes, content_type: str) -> None:
        client.invoke_endpoint(
            EndpointName=platform.endpoint,
            TargetModel=target,
            ContentType=content_type,
            Body=body,
        )["Body"].read()

    by_boto3(*bodies["json"])
    agent, name = served_by(url, platform.endpoint, target)
    connection = http.client.HTTPConnection("tritonserver")
    connection.sock = open_connection(agent, seconds=60)

    def directly(body: bytes, content_type: str) -> None:
        headers = {"Content-Type": content_type, "X-Amzn-SageMaker-Target-Model": target}
        connection.request("POST", f"/models/{name}/invoke", body, headers)
        reply = connection.getresponse()
        answer = reply.read()
        if reply.status != 200:
            raise MeasurementError(f"tritonserver answered {reply.status}: {answer[:500]!r}")

    worst = 0.0
    for encoding, (body, content_type) in bodies.items():
        found = medians(
            {
                "boto3": partial(by_boto3, body, content_type),
                "direct": partial(directly, body, content_type),
            },
            arguments.repeats,
        )
        difference = found["boto3"] - found["direct"]
        worst = max(worst, difference)
        print(
            f"{encoding:>6}: boto3 p50 {found['boto3']:.3f} ms, direct p50"
            f" {found['direct']:.3f} ms, difference {difference:.3f} ms"
        )
    return worst


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--tensor", type=tensor_of, default=tensor_of("INPUT0:BYTES:1,1"))
    parser.add_argument("--output", default="finaloutput")
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--limit-ms", type=float, default=2.0)
    arguments = parser.parse_args()
    try:
        worst = measure(arguments)
    except (
        *(MeasurementError, NotDeployedError, InvocationError),
        *(BotoCoreError, ClientError, OSError),
    ) as error:
        print(f"cannot measure: {error}", file=sys.stderr)
        return 2
    if worst > arguments.limit_ms:
        print(f"the embedded AWS adds {worst:.3f} ms, more than {arguments.limit_ms} ms")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
