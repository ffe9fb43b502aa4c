"""Small Python models of chosen sizes, served by the real tritonserver in the embedded AWS."""

from __future__ import annotations

import contextlib
import io
import tarfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from inferctl.localaws.app import LocalAws
from inferctl.planner.traffic import Calls

_BUCKET = "planner"
_COUNTS = ("hits", "misses", "loads", "evictions", "restarts")
# No model: the failed load starts the container, as SageMaker does before an endpoint is InService.
_STARTER = "starter"
_CONFIG = """backend: "%s"
max_batch_size: 0
input [{ name: "X" data_type: TYPE_FP32 dims: [-1] }]
output [{ name: "Y" data_type: TYPE_FP32 dims: [-1] }]
instance_group [{ kind: KIND_CPU }]
"""
_CODE = """import triton_python_backend_utils as pb

class TritonPythonModel:
    def initialize(self, args):
        self.ballast = b"1" * (%d << 20)

    def execute(self, requests):
        return [
            pb.InferenceResponse(
                [pb.Tensor("Y", pb.get_input_tensor_by_name(request, "X").as_numpy())]
            )
            for request in requests
        ]
"""
_BODY = b'{"inputs":[{"name":"X","shape":[1],"datatype":"FP32","data":[1.0]}]}'
_ENVIRONMENT = {
    "SAGEMAKER_TRITON_PING_MODE": "live",
    "SAGEMAKER_TRITON_LOG_VERBOSE": "false",
    # complete models: without it each load starts its stub twice
    "SAGEMAKER_TRITON_ADDITIONAL_ARGS": "--disable-auto-complete-config",
}
_CALLERS = 32


class RealFleet:
    """Models ``m0``, ``m1`` ... of those sizes in the embedded AWS's S3, and endpoints for them."""

    def __init__(self, aws: LocalAws, ballast_mib: Sequence[int]) -> None:
        self._aws = aws
        self._runtime = aws.client("sagemaker-runtime")
        self.names = tuple(f"m{number}" for number in range(len(ballast_mib)))
        self.unload_seconds = 0.0
        s3 = aws.client("s3")
        s3.create_bucket(Bucket=_BUCKET)
        archives = {
            name: _archive("python", _CODE % mib)
            for name, mib in zip(self.names, ballast_mib, strict=True)
        }
        for name, archive in {**archives, _STARTER: _archive("none", "")}.items():
            s3.put_object(Bucket=_BUCKET, Key=f"fleet/{name}", Body=archive)

    @contextmanager
    def endpoint(self, name: str, *, memory_mib: int) -> Iterator[str]:
        """One endpoint with that much memory for models; it runs, and nothing is loaded."""
        client = self._aws.client("sagemaker")
        client.create_model(
            ModelName=name,
            ExecutionRoleArn="arn:aws:iam::123456789012:role/planner",
            PrimaryContainer={
                "Image": "sagemaker-tritonserver:26.05-py3",
                "Mode": "MultiModel",
                "ModelDataUrl": f"s3://{_BUCKET}/fleet/",
                "Environment": {**_ENVIRONMENT, "LOCALAWS_MODEL_MEMORY_MIB": str(memory_mib)},
            },
        )
        variant = {
            "VariantName": "AllTraffic",
            "ModelName": name,
            "InstanceType": "ml.g4dn.4xlarge",
            "InitialInstanceCount": 1,
        }
        client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        client.create_endpoint(EndpointName=name, EndpointConfigName=name)
        with contextlib.suppress(ClientError):
            self.call(name, _STARTER)
        try:
            yield name
        finally:
            client.delete_endpoint(EndpointName=name)

    def call(self, endpoint: str, model: str) -> float:
        """Seconds of one inference; an error is raised."""
        started = time.monotonic()
        self._runtime.invoke_endpoint(
            EndpointName=endpoint, TargetModel=model, ContentType="application/json", Body=_BODY
        )["Body"].read()
        return time.monotonic() - started

    def status(self, endpoint: str) -> dict[str, Any]:
        """What the embedded AWS says of the endpoint."""
        found: dict[str, Any] = self._aws.status()["serving"][endpoint]
        return found

    def measure(self, *, memory_mib: int, path: Path, side_by_side: int) -> None:
        """Writes the table for `read_measured`, and learns how long an unload takes.

        On as many endpoints at once as replays will run: processes share the pages of libraries,
        each is counted its part of them, and loads take as long as the machine is busy.
        """
        with ThreadPoolExecutor(side_by_side) as pool:
            found = list(
                pool.map(
                    lambda number: self._measure(
                        f"measure-{number}", self.names[number::side_by_side], memory_mib
                    ),
                    range(side_by_side),
                )
            )
        rows = [row for each, _ in found for row in each]
        unloads = [seconds for _, each in found for seconds in each]
        self.unload_seconds = sum(unloads) / len(unloads)
        path.write_text("\n".join(["model,host_mib,load_seconds,service_ms", *rows]) + "\n")

    def _measure(
        self, endpoint: str, names: Sequence[str], memory_mib: int
    ) -> tuple[list[str], list[float]]:
        rows, unloads = [], []
        with self.endpoint(endpoint, memory_mib=memory_mib):
            for name in names:
                self.call(endpoint, name)
                found = self._loaded(endpoint, name)
                mib, seconds = found["bytes"] / (1 << 20), found["load_seconds"]
                service_ms = self.call(endpoint, name) * 1000
                rows.append(f"{name},{mib:.3f},{seconds},{service_ms:.3f}")
            before = self._settled(endpoint)["evictions"]
            cold = self.call(endpoint, names[0])
            gone = self._settled(endpoint)["evictions"] - before
            if gone:
                unloads.append((cold - self._loaded(endpoint, names[0])["load_seconds"]) / gone)
        return rows, unloads

    def _settled(self, endpoint: str) -> dict[str, Any]:
        """The status once every unload under way is over."""
        while True:
            status = self.status(endpoint)
            if status["loads"] - status["evictions"] == len(status["models"]):
                return status
            time.sleep(0.1)

    def _loaded(self, endpoint: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(
            row for row in self.status(endpoint)["models"] if row["target_model"] == name
        )
        return found

    def replay(
        self, endpoint: str, names: Sequence[str], calls: Calls, *, one_at_a_time: bool
    ) -> tuple[dict[str, int], float]:
        """Makes the calls in their order or at their times.

        Returns what the endpoint counted, and the mean seconds of its last load of each model.
        """
        before = self._settled(endpoint)
        started = time.monotonic()

        def make(call: tuple[float, int]) -> None:
            at, model = call
            if not one_at_a_time:
                time.sleep(max(started + at - time.monotonic(), 0.0))
            self.call(endpoint, names[model])

        with ThreadPoolExecutor(1 if one_at_a_time else _CALLERS) as pool:
            pairs = zip(calls.times.tolist(), calls.models.tolist(), strict=True)
            list(pool.map(make, pairs))
        after = self._settled(endpoint)
        loads = [model["load_seconds"] for model in after["models"]]
        counts = {name: after[name] - before[name] for name in _COUNTS}
        return counts, sum(loads) / len(loads)


def _archive(backend: str, code: str) -> bytes:
    buffer = io.BytesIO()
    files = {"echo/config.pbtxt": _CONFIG % backend, "echo/1/model.py": code}
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()
