"""The planner's forecast beside real models on the embedded AWS, for three shapes of traffic.

Small Python models of different sizes are served by the real tritonserver, behind an endpoint whose
memory holds only part of them. Each shape's access log is written to a file, planned from it and
from the sizes measured before, then replayed through boto3. ``from rates`` is the estimate that
knows rates only, for comparison: on so few calls it differs by chance as well. Then 100,000 models
are planned for. Exit status 1 when a hit ratio is off by more than 3 points, loads by more than
10 %, or when 100,000 models take more than --limit-seconds of CPU time; 2 when nothing can be
served here.
"""

from __future__ import annotations

import argparse
import io
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inferctl.localaws.app import LocalAws
from inferctl.localaws.serving.host_runner import binary_problem
from inferctl.planner.estimate import estimate
from inferctl.planner.fleet import Fleet, fleet_of
from inferctl.planner.forecast import Forecast
from inferctl.planner.machine import Machine
from inferctl.planner.measured import Defaults, fleet_from, read_measured
from inferctl.planner.plan import Question, Targets, smallest_fleet
from inferctl.planner.routing import Routing
from inferctl.planner.shapes import shifting, uniform, zipf
from inferctl.planner.simulator import simulate
from inferctl.planner.traffic import Rates, sample
from inferctl.planner.traffic_file import Traffic, read_traffic

POINTS, PERCENT = 3.0, 10.0
_BUCKET = "planner"
_CONFIG = """backend: "python"
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


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One replay beside its forecasts."""

    shape: str
    counts: dict[str, int]
    simulated: Forecast
    estimated: Forecast

    @property
    def hit_ratio(self) -> float:
        """As measured."""
        return self.counts["hits"] / (self.counts["hits"] + self.counts["misses"])

    @property
    def points(self) -> float:
        """How far the simulated hit ratio is off."""
        return abs(self.simulated.hit_ratio - self.hit_ratio) * 100

    @property
    def percent(self) -> float:
        """How far the simulated loads are off."""
        return abs(self.simulated.loads / self.counts["loads"] - 1) * 100


class RealFleet:
    """Models ``m0``, ``m1`` ... of those sizes in the embedded AWS's S3, and endpoints for them."""

    def __init__(self, aws: LocalAws, ballast_mib: Sequence[int]) -> None:
        self._aws = aws
        self._runtime = aws.client("sagemaker-runtime")
        self.names = tuple(f"m{number}" for number in range(len(ballast_mib)))
        s3 = aws.client("s3")
        s3.create_bucket(Bucket=_BUCKET)
        for name, mib in zip(self.names, ballast_mib, strict=True):
            s3.put_object(Bucket=_BUCKET, Key=f"fleet/{name}", Body=_archive(_CODE % mib))

    @contextmanager
    def endpoint(self, name: str, *, memory_mib: int) -> Iterator[str]:
        """One endpoint with that much memory for models; nothing is loaded."""
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
        yield name
        client.delete_endpoint(EndpointName=name)

    def call(self, endpoint: str, model: str) -> None:
        """One inference; an error is raised."""
        self._runtime.invoke_endpoint(
            EndpointName=endpoint, TargetModel=model, ContentType="application/json", Body=_BODY
        )["Body"].read()

    def status(self, endpoint: str) -> dict[str, Any]:
        """What the embedded AWS says of the endpoint."""
        found: dict[str, Any] = self._aws.status()["serving"][endpoint]
        return found

    def measure(self, *, memory_mib: int, path: Path) -> None:
        """Writes the table for `read_measured`; loads each model once, as full as it will be."""
        rows = ["model,host_mib,load_seconds,service_ms"]
        with self.endpoint("measure", memory_mib=memory_mib) as endpoint:
            for name in self.names:
                self.call(endpoint, name)
                started = time.monotonic()
                self.call(endpoint, name)
                service_ms = (time.monotonic() - started) * 1000
                found = {row["target_model"]: row for row in self.status(endpoint)["models"]}[name]
                mib, seconds = found["bytes"] / (1 << 20), found["load_seconds"]
                rows.append(f"{name},{mib:.3f},{seconds:.3f},{service_ms:.3f}")
        path.write_text("\n".join(rows) + "\n")

    def replay(
        self, endpoint: str, names: Sequence[str], models: Sequence[int], callers: int
    ) -> dict[str, int]:
        """Calls the models in that order and returns the endpoint's counts."""
        with ThreadPoolExecutor(callers) as pool:
            list(pool.map(lambda model: self.call(endpoint, names[model]), models))
        status = self.status(endpoint)
        return {name: status[name] for name in ("hits", "misses", "loads", "evictions")}


def compare(
    real: RealFleet,
    shape: str,
    rates: Rates,
    *,
    calls: int,
    memory_mib: int,
    measured: Path,
    callers: int = 1,
) -> Comparison:
    """Forecasts from files, as `inferctl plan` reads them, and then the replay."""
    log = measured.with_name(f"{shape}.csv")
    _write_log(log, rates, real.names, calls)
    traffic = read_traffic(log)
    assert traffic.calls is not None
    fleet, _ = fleet_from(traffic.names, read_measured(measured), Defaults())
    machine = Machine(
        name="embedded", host_mib=memory_mib, max_models=64, parallel_loads=4, slots=callers
    )
    simulated = simulate(fleet, traffic.calls, machine)
    estimated = estimate(fleet, _in_order_of(traffic, real.names, rates), machine)
    with real.endpoint(f"replay-{shape}", memory_mib=memory_mib) as endpoint:
        counts = real.replay(endpoint, traffic.names, traffic.calls.models.tolist(), callers)
    return Comparison(shape=shape, counts=counts, simulated=simulated, estimated=estimated)


def _in_order_of(traffic: Traffic, names: Sequence[str], rates: Rates) -> Rates:
    columns = [names.index(name) for name in traffic.names]
    return Rates(seconds=rates.seconds, per_second=rates.per_second[:, columns], from_cold=True)


def _write_log(path: Path, rates: Rates, names: Sequence[str], calls: int) -> None:
    drawn = sample(rates, seed=calls)
    rows = [
        f"{1_700_000_000 + now:.3f},{names[model]}"
        for now, model in zip(drawn.times.tolist(), drawn.models.tolist(), strict=True)
    ]
    path.write_text("\n".join(["time,model", *rows]) + "\n")


def _archive(code: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        for name, text in {"echo/config.pbtxt": _CONFIG, "echo/1/model.py": code}.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def shapes(models: int, calls: int, *, calls_per_second: float = 0.1) -> dict[str, Rates]:
    """The three, with about that many calls each.

    So far apart that loads do not overlap: the replay waits for each answer as well.
    """
    seconds = calls / calls_per_second
    steady = {"uniform": uniform(models, calls_per_second), "zipf": zipf(models, calls_per_second)}
    return {
        **{
            name: Rates(seconds=np.array([seconds]), per_second=rates.per_second)
            for name, rates in steady.items()
        },
        "shifting": shifting(models, calls_per_second, periods=4, period_seconds=seconds / 4),
    }


def plan_many(models: int) -> float:
    """CPU seconds to find the smallest fleet for so many models."""
    random = np.random.default_rng(1)
    fleet: Fleet = fleet_of(
        [f"m{number}" for number in range(models)],
        host_mib=random.uniform(10, 200, models),
        gpu_mib=random.uniform(10, 200, models),
        load_seconds=random.uniform(0.5, 5, models),
        service_seconds=random.uniform(0.005, 0.05, models),
    )
    machine = Machine(name="ml.g5.4xlarge", host_mib=52_000, gpu_mib=21_600)
    rates = zipf(models, 500.0)
    question = Question(
        fleet=fleet,
        traffic=Traffic(names=fleet.names, rates=rates),
        routing=Routing(),
        targets=Targets(),
        replay=None,
    )
    started, cpu_started = time.monotonic(), time.process_time()
    answer = smallest_fleet(question, machine)
    seconds = time.process_time() - cpu_started
    print(
        f"{models:,} models: {answer.forecast.instances} x {machine.name}, hit ratio"
        f" {answer.forecast.hit_ratio:.3f}, planned in {seconds:.1f} CPU seconds"
        f" ({time.monotonic() - started:.1f} s)"
    )
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", type=int, default=24)
    parser.add_argument("--calls", type=int, default=240, help="of each shape")
    parser.add_argument("--memory-mib", type=int, default=420)
    parser.add_argument("--limit-seconds", type=float, default=30.0)
    arguments = parser.parse_args()
    problem = binary_problem()
    if problem is not None:
        print(f"cannot measure: {problem}", file=sys.stderr)
        return 2
    random = np.random.default_rng(7)
    passed = True
    with tempfile.TemporaryDirectory() as folder, LocalAws(Path(folder) / "aws") as aws:
        real = RealFleet(aws, random.integers(8, 41, arguments.models).tolist())
        measured = Path(folder) / "measured.csv"
        real.measure(memory_mib=arguments.memory_mib, path=measured)
        print(
            "shape     calls  hit ratio: measured  planned  from rates   loads: measured  planned"
        )
        for shape, rates in shapes(arguments.models, arguments.calls).items():
            found = compare(
                real,
                shape,
                rates,
                calls=arguments.calls,
                memory_mib=arguments.memory_mib,
                measured=measured,
            )
            passed &= found.points <= POINTS and found.percent <= PERCENT
            print(
                f"{shape:<9} {found.simulated.calls:5.0f} {found.hit_ratio:20.3f}"
                f" {found.simulated.hit_ratio:8.3f} {found.estimated.hit_ratio:11.3f}"
                f" {found.counts['loads']:17} {found.simulated.loads:8.0f}"
                f"   off by {found.points:.1f} points, {found.percent:.1f} %",
                flush=True,
            )
    passed &= plan_many(100_000) <= arguments.limit_seconds
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
