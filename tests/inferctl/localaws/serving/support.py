"""A directory and an object store in memory, trivial models, and what tests ask of them."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from inferctl.localaws.http import HttpResponse
from inferctl.localaws.serving import EndpointServing, EndpointSpec, Limits, ObjectNotFound
from inferctl.localaws.serving.runner import ContainerRunner

CONFIG = """backend: "python"
max_batch_size: 0
input [{ name: "X" data_type: TYPE_FP32 dims: [-1] }]
output [{ name: "Y" data_type: TYPE_FP32 dims: [-1] }]
instance_group [{ kind: KIND_CPU }]
"""
MODEL = """import os, time
import numpy as np
import triton_python_backend_utils as pb
{top}

class TritonPythonModel:
    def initialize(self, args):
        {initialize}

    def execute(self, requests):
        answers = []
        for request in requests:
            x = pb.get_input_tensor_by_name(request, "X").as_numpy()
            y = x * {factor}
            {execute}
            answers.append(pb.InferenceResponse([pb.Tensor("Y", y.astype(np.float32))]))
        return answers
"""
PREFIX = "s3://models/fleet/"
# The models here are complete; without it each load starts its stubs twice and takes twice as long.
# tests/inferctl/test_life_cycle.py serves with the image's defaults.
QUICK = {"SAGEMAKER_TRITON_ADDITIONAL_ARGS": "--disable-auto-complete-config"}


def archive(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def python_model(
    *, factor: float = 2.0, top: str = "", initialize: str = "pass", execute: str = "pass"
) -> bytes:
    """An archive of one model that multiplies its input by ``factor``."""
    source = MODEL.format(factor=factor, top=top, initialize=initialize, execute=execute)
    return archive({"double/config.pbtxt": CONFIG, "double/1/model.py": source})


def ensemble(*factors: float) -> bytes:
    """An archive of one ensemble that multiplies by each factor in turn."""
    files: dict[str, str] = {"ensemble/1/.keep": ""}
    steps = []
    names = ["X", *(f"between_{index}" for index in range(1, len(factors))), "Y"]
    for index, factor in enumerate(factors):
        member = f"step_{index}"
        files[f"{member}/config.pbtxt"] = CONFIG
        files[f"{member}/1/model.py"] = MODEL.format(
            factor=factor, top="", initialize="pass", execute="pass"
        )
        steps.append(
            f'{{ model_name: "{member}" model_version: -1'
            f' input_map {{ key: "X" value: "{names[index]}" }}'
            f' output_map {{ key: "Y" value: "{names[index + 1]}" }} }}'
        )
    top = CONFIG.partition("instance_group")[0].replace('backend: "python"', 'platform: "ensemble"')
    files["ensemble/config.pbtxt"] = f"{top}ensemble_scheduling {{ step [{', '.join(steps)}] }}"
    return archive(files)


def question(*values: float) -> bytes:
    tensor = {"name": "X", "shape": [len(values)], "datatype": "FP32", "data": list(values)}
    return json.dumps({"inputs": [tensor]}).encode()


def answer(response: HttpResponse) -> list[float]:
    assert response.status == 200, response.body
    values: list[float] = json.loads(response.body)["outputs"][0]["data"]
    return values


class MemoryStore:
    """Objects by URL; counts what is opened, and can hold a download back."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.opened: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    def put(self, target: str, data: bytes) -> str:
        self.objects[PREFIX + target] = data
        return target

    @contextmanager
    def open(self, url: str) -> Iterator[BinaryIO]:
        self.opened.append(url)
        self.gate.wait(30)
        self.size(url)
        yield io.BytesIO(self.objects[url])

    def size(self, url: str) -> int:
        if url not in self.objects:
            raise ObjectNotFound(url)
        return len(self.objects[url])


class MemoryDirectory:
    def __init__(self) -> None:
        self.specs: dict[str, EndpointSpec] = {}

    def add(self, name: str, **changes: Any) -> str:
        fields: dict[str, Any] = {
            "name": name,
            "config_name": "config",
            "model_name": "model",
            "model_data_url": PREFIX,
            "image": "sagemaker-tritonserver:26.05-py3",
            "environment": {"SAGEMAKER_TRITON_PING_MODE": "live", **QUICK},
            "instance_type": "ml.g4dn.4xlarge",
            "instance_count": 2,
            "variant_name": "AllTraffic",
            "model_cache": True,
            "multi_model": True,
        }
        self.specs[name] = EndpointSpec(**{**fields, **changes})
        return name

    def lookup(self, name: str) -> EndpointSpec | None:
        return self.specs.get(name)


class Platform:
    """An `EndpointServing` with its fakes, as the tests talk to it."""

    def __init__(self, work_dir: Path, runner: ContainerRunner, **limits: Any) -> None:
        self.directory = MemoryDirectory()
        self.store = MemoryStore()
        self.limits = Limits(**{"memory_bytes": 4 << 30, **limits})
        self.serving = EndpointServing(
            self.directory, self.store, work_dir, runner=runner, limits=self.limits
        )

    def invoke(self, endpoint: str, target: str | None, body: bytes, **more: Any) -> HttpResponse:
        options = {"content_type": "application/json", "target_model": target, **more}
        return self.serving.invoke(endpoint, body=body, **options)

    def status(self, endpoint: str) -> dict[str, Any]:
        found: dict[str, Any] = self.serving.status()[endpoint]
        return found


def listeners(pid: int | str) -> dict[str, str]:
    """Inode to local address of each listening TCP socket in the network that ``pid`` sees."""
    found = {}
    for table in ("tcp", "tcp6"):
        for line in Path("/proc", str(pid), "net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                found[fields[9]] = fields[1]
    return found


def error_of(response: HttpResponse) -> tuple[int, str, dict[str, Any]]:
    """Status, code and body of an error answer."""
    return response.status, response.headers["x-amzn-errortype"], json.loads(response.body)


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        threading.Event().wait(0.005)
    raise AssertionError("the condition did not come true within 10 s")


def in_background(pool: ThreadPoolExecutor, p: Platform, target: str) -> Future[HttpResponse]:
    return pool.submit(p.invoke, "e", target, b"{}")
