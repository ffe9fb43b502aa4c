"""Synthesis of 1,000 models beside 3: CPU seconds of the whole process, and template size.

The models share their graph and code and differ in their weights, as the many models of one
endpoint do. Both platforms are written to a temporary folder, then synthesized in turn, so that a
busy machine slows both down alike. Exit status 1 when the ratio of the medians is above the bar;
it is one of CPU seconds (user and system, of Python and the CDK's Node), since the seconds on the
wall, shown beside, vary by more than the bar on a machine that does something else as well.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_FEW, _MANY = 3, 1000
_BAR = 1.10
_MODEL = """\
description: scales and shifts one number
licence: Apache-2.0
golden: null
builds:
  laptop:
    targets: [cpu]
    overlays: [repository]
    precision: fp32
    shapes: {INPUT0: [1]}
"""
_CONFIG = """\
backend: "python"
max_batch_size: 8
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ 1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 1 ] } ]
"""
_CODE = """\
from pathlib import Path

import numpy
import triton_python_backend_utils as utils


class TritonPythonModel:
    def initialize(self, args):
        folder = Path(args["model_repository"]) / args["model_version"]
        self.factor = numpy.fromfile(folder / "factor.bin", numpy.float32)

    def execute(self, requests):
        answers = []
        for request in requests:
            value = utils.get_input_tensor_by_name(request, "INPUT0").as_numpy()
            answers.append(utils.InferenceResponse([utils.Tensor("OUTPUT0", value * self.factor)]))
        return answers
"""
_PROGRAM = """
import gc, json, sys
from pathlib import Path
from stacks.application import build_app
from stacks.config import load_platform
gc.freeze()  # as app.py does
root, outdir = Path(sys.argv[1]), Path(sys.argv[2])
context = json.loads(Path("cdk.json").read_text())["context"]
platform = load_platform(root / "platform.yaml", models_root=root / "models")
build_app(platform, context=context, outdir=outdir).synth()
"""


def main() -> int:
    """Print the medians, their ratio and both template sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="syntheses of each (default 5)")
    rounds: int = parser.parse_args().rounds
    seconds: dict[int, list[float]] = {_FEW: [], _MANY: []}
    wall: dict[int, list[float]] = {_FEW: [], _MANY: []}
    sizes: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in seconds:
            _write_platform(Path(folder) / str(count), count)
        for number in range(rounds + 1):
            for count, taken in seconds.items():
                outdir = Path(folder) / f"out-{count}-{number}"
                started, worked = time.perf_counter(), _children_seconds()
                _synthesize(Path(folder) / str(count), outdir)
                # The first round fills the caches of both, as every synthesis but the first has.
                if number > 0:
                    taken.append(_children_seconds() - worked)
                    wall[count].append(time.perf_counter() - started)
                sizes[count] = (outdir / "scale-models.template.json").stat().st_size
    medians = {count: statistics.median(taken) for count, taken in seconds.items()}
    ratio = medians[_MANY] / medians[_FEW]
    for count, median in medians.items():
        print(
            f"{count:5} models: {median:6.2f} CPU s, {statistics.median(wall[count]):6.2f} s,"
            f" template {sizes[count]} bytes"
        )
    print(f"ratio: {ratio:.3f} (bar {_BAR:.2f})")
    return int(ratio > _BAR or len(set(sizes.values())) > 1)


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _write_platform(root: Path, count: int) -> None:
    names = [f"model-{index:04}" for index in range(count)]
    for index, name in enumerate(names):
        member = root / "models" / name / "repository" / "scale"
        (member / "1").mkdir(parents=True)
        (root / "models" / name / "model.yaml").write_text(_MODEL)
        (member / "config.pbtxt").write_text(_CONFIG)
        (member / "1" / "model.py").write_text(_CODE)
        (member / "1" / "factor.bin").write_bytes(struct.pack("<f", index))
    lines = ["platform: scale", "deploy_to: embedded", "region: us-east-1", "endpoint: {}"]
    models = [f"  - {{name: {name}}}" for name in names]
    (root / "platform.yaml").write_text("\n".join([*lines, "models:", *models, ""]))


def _synthesize(root: Path, outdir: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(root), str(outdir)],
        cwd=_ROOT,
        env={**os.environ, "CDK_VALIDATION": "false"},
        check=True,
    )


if __name__ == "__main__":
    sys.exit(main())
