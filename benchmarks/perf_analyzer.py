"""The load client beside NVIDIA's perf_analyzer, taking turns on one real tritonserver.

The server is the binary of the embedded AWS, with its KServe v2 routes on 127.0.0.1. Its model
multiplies matrices for some milliseconds, so that a turn has thousands of calls and a 99th
percentile means something. It keeps the last core, both clients share the first one. perf_analyzer
comes from the tritonclient 2.51.0 wheel. A round is ours, theirs, theirs, ours, and has one ratio
of each figure; the median of the rounds counts.

perf_analyzer's first and second turns of the rounds are compared with each other as well: what
they differ by is the machine, and no comparison can be finer. Exit status 1 when throughput, p50,
p95 or p99 differs by more than 5 %, 2 when the programs cannot run here.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from inferctl.localaws.serving.host_runner import CACHE, binary_problem
from inferctl.localaws.serving.sandbox_runner import host_packages, host_variables
from inferctl.toolchain.tritonserver import TritonServer, install
from inferctl.toolchain.wheels import PinnedWheel, ToolchainError, fetch_wheel
from load_client.engine import measure
from load_client.errors import CallError
from load_client.http_connection import HttpPlace
from load_client.shapes import LoadShape
from load_client.v2_http import V2Http

BAR = 0.05
MODEL = "matrices"
CONFIG = """backend: "python"
input [ { name: "X" data_type: TYPE_FP32 dims: [ 256 ] } ]
output [ { name: "Y" data_type: TYPE_FP32 dims: [ 256 ] } ]
instance_group [ { count: 1 kind: KIND_CPU } ]
"""
PROGRAM = """import numpy as np
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def initialize(self, args):
        self.matrix = np.eye(512, dtype=np.float32)

    def execute(self, requests):
        responses = []
        for request in requests:
            value = pb_utils.get_input_tensor_by_name(request, "X").as_numpy()
            for _ in range(2):
                self.matrix = self.matrix @ self.matrix
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("Y", value)]))
        return responses
"""
TRITONCLIENT = PinnedWheel(
    project="tritonclient",
    version="2.51.0",
    filename="tritonclient-2.51.0-py3-none-manylinux1_x86_64.whl",
    sha256="c485bb0123bdf310f90bc8b03d3489b28df2ffed55b30c7eee0b795b48113d52",
)
BINARY = "tritonclient-2.51.0.data/data/bin/perf_analyzer"
# what the binary is linked against and the wheel lacks: they lie beside the server's binary
LIBRARIES = {"libb64.so.0d": "libb64-*.so.0d", "libcudart.so.12": "libcudart-*.so.12*"}
FIGURES = ("throughput, inferences/s", "p50, ms", "p95, ms", "p99, ms")
COLUMNS = ("Inferences/Second", "p50 latency", "p95 latency", "p99 latency")
Row = tuple[float, ...]


class CannotRun(RuntimeError):
    """This host cannot run the server or the peer; the text is for people."""


def fetch_perf_analyzer(server: TritonServer, folder: Path) -> Path:
    """The peer's binary in ``folder``, with the libraries that it needs beside it."""
    wheel = fetch_wheel(TRITONCLIENT, CACHE / "wheels", progress=print)
    with zipfile.ZipFile(wheel) as archive, archive.open(BINARY) as packed:
        binary = folder / "perf_analyzer"
        with binary.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
    binary.chmod(0o755)
    for name, pattern in LIBRARIES.items():
        found = next((server.files / "nvidia_pytriton.libs").glob(pattern), None)
        if found is None:
            raise CannotRun(f"{pattern} does not lie beside the server's binary")
        (folder / name).symlink_to(found)
    return binary


def lay_out(repository: Path) -> None:
    """A Triton repository with the one model."""
    version = repository / MODEL / "1"
    version.mkdir(parents=True)
    (version.parent / "config.pbtxt").write_text(CONFIG)
    (version / "model.py").write_text(PROGRAM)


def is_ready(port: int) -> bool:
    """Whether the server says that the model answers."""
    try:
        return V2Http(place=HttpPlace(host="127.0.0.1", port=port), model=MODEL).ready().ready
    except CallError:
        return False


@contextmanager
def serving(server: TritonServer, folder: Path) -> Iterator[int]:
    """The server on the last core and this process on the first one; yields the HTTP port."""
    lay_out(folder / "repository")
    server.assemble(folder, packages=host_packages())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    cores = sorted(os.sched_getaffinity(0))
    command = [
        *("taskset", "--cpu-list", str(cores[-1]), str(server.binary)),
        *(f"--model-repository={folder / 'repository'}", f"--http-port={port}"),
        *("--http-address=127.0.0.1", "--allow-grpc=false", "--allow-metrics=false"),
        *("--model-namespacing=false", f"--backend-directory={folder / 'backends'}"),
        "--allow-sagemaker=false",
    ]
    environment = {**host_variables(folder), "OPENBLAS_NUM_THREADS": "1"}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    for task in Path("/proc/self/task").iterdir():
        os.sched_setaffinity(int(task.name), {cores[0]})
    try:
        deadline = time.monotonic() + 120
        while not is_ready(port):
            if process.poll() is not None or time.monotonic() > deadline:
                end = (folder / "server.log").read_text(errors="replace")[-1500:]
                raise CannotRun(f"tritonserver does not serve {MODEL}:\n{end}")
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def ours(port: int, concurrency: int, seconds: float) -> Row:
    """One turn of the load client."""
    target = V2Http(place=HttpPlace(host="127.0.0.1", port=port), model=MODEL)
    payload = target.encode({"X": np.ones(256, np.float32)})
    shape = LoadShape(seconds=seconds, concurrency=concurrency, warm_up_calls=20)
    found = measure(target, payload, shape, first_call=False)
    if found.recorder.errors:
        raise CannotRun(f"calls failed: {found.recorder.first_messages}")
    histogram = found.recorder.histogram
    percentiles = (histogram.percentile(each) / 1e6 for each in (50, 95, 99))
    return (histogram.count / found.elapsed_seconds, *percentiles)


def theirs(binary: Path, port: int, concurrency: int, seconds: float) -> Row:
    """One turn of perf_analyzer: three windows, which it merges."""
    folder = binary.parent
    (folder / "report.csv").unlink(missing_ok=True)
    command = [
        *(str(binary), "-m", MODEL, "-u", f"127.0.0.1:{port}", "-i", "http"),
        *("--concurrency-range", str(concurrency), "-f", str(folder / "report.csv")),
        *("-p", str(round(seconds * 1000 / 3)), "-r", "3", "--stability-percentage", "999"),
    ]
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder)}
    limit = 60 + 3 * seconds
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=limit, check=False, env=environment
    )
    if done.returncode or not (folder / "report.csv").is_file():
        raise CannotRun(f"perf_analyzer does not run: {(done.stderr or done.stdout)[-800:]}")
    row = next(csv.DictReader((folder / "report.csv").read_text().splitlines()))
    first, *microseconds = (float(row[column]) for column in COLUMNS)
    return (first, *(value / 1000 for value in microseconds))


def median(rows: list[Row]) -> Row:
    """The median of each figure."""
    return tuple(statistics.median(column) for column in zip(*rows, strict=True))


def mean(*rows: Row) -> Row:
    """The mean of each figure."""
    return tuple(statistics.fmean(column) for column in zip(*rows, strict=True))


def ratio(row: Row, other: Row) -> Row:
    """Figure by figure."""
    return tuple(value / peer for value, peer in zip(row, other, strict=True))


def compare(concurrency: int, rounds: list[tuple[Row, Row, Row, Row]]) -> bool:
    """Print a table of one concurrency; whether every difference is within the bar."""
    mine = median([mean(first, last) for first, _, _, last in rounds])
    peer = median([mean(once, again) for _, once, again, _ in rounds])
    ratios = median([ratio(mean(a, d), mean(b, c)) for a, b, c, d in rounds])
    repeated = median([ratio(again, once) for _, once, again, _ in rounds])
    print(f"\nconcurrency {concurrency}, {len(rounds)} rounds")
    print(f"{'':<26}{'load client':>12}{'perf_analyzer':>15}{'ratio':>8}{'theirs again':>14}")
    rows = zip(FIGURES, mine, peer, ratios, repeated, strict=True)
    for name, value, other, quotient, again in rows:
        print(f"{name:<26}{value:>12.3f}{other:>15.3f}{quotient:>8.3f}{again:>14.3f}")
    return all(abs(quotient - 1) <= BAR for quotient in ratios)


def run(arguments: argparse.Namespace) -> bool:
    """Measure and print; whether the bar holds."""
    problem = binary_problem()
    if problem is not None:
        raise CannotRun(problem)
    server = install(CACHE / "tritonserver", wheels=CACHE / "wheels", progress=print)
    holds = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        binary = fetch_perf_analyzer(server, folder)
        with serving(server, folder) as port:
            seconds = arguments.seconds
            for concurrency in arguments.concurrency:
                rounds = []
                for turn in range(arguments.rounds):
                    print(f"\rround {turn + 1} of {arguments.rounds} ", end="", flush=True)
                    rounds.append(
                        (
                            ours(port, concurrency, seconds),
                            theirs(binary, port, concurrency, seconds),
                            theirs(binary, port, concurrency, seconds),
                            ours(port, concurrency, seconds),
                        )
                    )
                holds = compare(concurrency, rounds) and holds
    print(f"\n{'every' if holds else 'NOT every'} difference is within {BAR:.0%}")
    return holds


def main() -> int:
    """Run the benchmark; the exit status says whether the bar holds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=9.0, help="of each turn, default 9")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 4], help="default 1 4")
    arguments = parser.parse_args()
    try:
        return 0 if run(arguments) else 1
    except (CannotRun, ToolchainError, OSError) as error:
        print(f"cannot measure: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
