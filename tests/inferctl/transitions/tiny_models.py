"""Models that multiply four numbers and load in about a second, and a caller that never rests."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from inferctl.deployment import read_deployment
from inferctl.endpoint_client import EndpointClient, InvocationError

from .platform_account import REGION, PlatformAccount

_MODEL = """
description: multiplies four numbers
licence: Apache-2.0
golden: null
builds:
  laptop:
    targets: [cpu]
    overlays: [repository]
    precision: fp32
    shapes: {INPUT0: [4]}
"""
_CONFIG = """
backend: "python"
max_batch_size: 8
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ 4 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 4 ] } ]
instance_group [ { kind: KIND_CPU } ]
"""
_CODE = """
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        numbers = [pb_utils.get_input_tensor_by_name(one, "INPUT0") for one in requests]
        return [
            pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", one.as_numpy() * FACTOR)])
            for one in numbers
        ]
"""
_TENSOR = {"name": "INPUT0", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}
_BODY = json.dumps({"inputs": [_TENSOR]}).encode()


def write_model(root: Path, name: str, factor: int) -> None:
    """The folder of a model that multiplies by ``factor``."""
    version = root / name / "repository" / "multiply" / "1"
    version.mkdir(parents=True, exist_ok=True)
    (root / name / "model.yaml").write_text(_MODEL)
    (version.parent / "config.pbtxt").write_text(_CONFIG)
    (version / "model.py").write_text(_CODE.replace("FACTOR", str(factor)))


def client_of(account: PlatformAccount, platform: str) -> EndpointClient:
    """The client of a platform's endpoint."""
    return read_deployment(platform, region=REGION, url=account.aws.url).client()


def factor_of(client: EndpointClient, name: str) -> int:
    """What the model multiplies by."""
    answer = client.invoke(client.target_model(name), _BODY).json()
    return int(answer["outputs"][0]["data"][0])


@dataclass
class Heard:
    """What a caller heard: the factors, oldest first, and every failure."""

    factors: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@contextmanager
def asked_all_the_time(client: EndpointClient, name: str) -> Iterator[Heard]:
    """One caller that asks again as soon as it is answered; the last answer comes after the end.

    It does what `EndpointClient` does and no more, so that every failure is one that a user has.
    """
    heard, over = Heard(), threading.Event()

    def ask() -> None:
        last = False
        while not last:
            last = over.wait(0.01)
            try:
                heard.factors.append(factor_of(client, name))
            except InvocationError as error:
                heard.failures.append(str(error))

    caller = threading.Thread(target=ask)
    caller.start()
    try:
        yield heard
    finally:
        over.set()
        caller.join()
