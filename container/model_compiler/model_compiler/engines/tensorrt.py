"""TensorRT: an ONNX file to a plan, by the trtexec of the serving image's own version."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from model_compiler.contract import OperatorReport
from model_compiler.engine import Outcome, Work
from model_compiler.engines import trtexec
from model_compiler.engines.gpu import check_gpu
from model_compiler.engines.reference import run_onnx
from model_compiler.errors import CompilerError, InputError, VerificationError
from model_compiler.exchange import engine_python
from model_compiler.tensors import Array, with_rows

# Where NVIDIA's images have it, when it is not on the PATH.
_PLACES = ("/opt/tensorrt/bin/trtexec", "/usr/src/tensorrt/bin/trtexec")


class TensorRtEngine:
    """Builds on the target's GPU, then runs the plan beside the ONNX file on the golden inputs."""

    def build_files(self, recipe: Mapping[str, Any]) -> tuple[str, ...]:
        """The ONNX file and the calibration cache."""
        named = (recipe["input"], recipe.get("calibration"))
        return tuple(str(path) for path in named if path)

    def compile(self, work: Work) -> Outcome:
        """As the protocol says."""
        gpu = check_gpu(work.processes, work.target)
        program = _trtexec()
        version = trtexec.parse_version(
            work.processes.run([program, "--help"], name="trtexec-version").output
        )
        trtexec.check_version(version, work.recipe)
        inputs = _within_profile(work)
        expected, versions = run_onnx(work, work.input, inputs, raw=True)
        seconds, layers = _build(work, program, version)
        return Outcome(
            versions={
                "tensorrt": ".".join(map(str, version)),
                "gpu": gpu.name,
                "driver": gpu.driver,
                **versions,
            },
            compile_seconds=seconds,
            method="executed",
            expected=expected,
            got=_run_plan(work, program, trtexec.bindings(version, inputs)),
            operators=OperatorReport(before={}, after={"layer": layers}, share=1.0),
        )


def _trtexec() -> str:
    found = shutil.which("trtexec") or next((path for path in _PLACES if Path(path).exists()), None)
    if found is None:
        raise CompilerError(f"trtexec is neither on the PATH nor at {' or '.join(_PLACES)}")
    return found


def _within_profile(work: Work) -> dict[str, Array]:
    """The golden inputs with as many rows as the plan's profile allows."""
    shapes = work.recipe["shapes"]
    if set(shapes) != set(work.inputs):
        raise InputError(
            f"the recipe shapes {', '.join(sorted(shapes))}, the request to verify with has"
            f" {', '.join(sorted(work.inputs))}"
        )
    first = next(iter(work.inputs.values()))
    rows = max(len(first) if first.ndim else 1, *(ranges["min"][0] for ranges in shapes.values()))
    rows = min(rows, *(ranges["max"][0] for ranges in shapes.values()))
    inputs = {name: with_rows(values, rows) for name, values in work.inputs.items()}
    for name, values in inputs.items():
        low, high = shapes[name]["min"], shapes[name]["max"]
        if len(low) != values.ndim or any(
            not least <= size <= most
            for least, size, most in zip(low, values.shape, high, strict=True)
        ):
            raise InputError(
                f"input {name} of the request to verify with has shape {list(values.shape)},"
                f" the recipe allows {low} to {high}"
            )
    return inputs


def _build(work: Work, program: str, version: trtexec.Version) -> tuple[float, int]:
    """The seconds that it took, and the plan's layers."""
    onnx, seconds = work.input, 0.0
    if trtexec.needs_autocast(version, work.recipe["precision"]):
        onnx = work.scratch / "fp16.onnx"
        seconds += work.processes.run(
            [
                *(engine_python(), "-m", "modelopt.onnx.autocast"),
                *("--onnx_path", str(work.input), "--output_path", str(onnx)),
                # inputs and outputs stay what config.pbtxt says
                *("--low_precision_type", "fp16", "--keep_io_types"),
            ],
            name="modelopt-autocast",
        ).seconds
    calibration = work.recipe.get("calibration")
    layers = work.scratch / "layers.json"
    arguments = trtexec.build_arguments(
        version,
        work.recipe,
        onnx=onnx,
        plan=work.output,
        layers=layers,
        calibration=None if calibration is None else work.sources / calibration,
    )
    seconds += work.processes.run([program, *arguments], name="trtexec").seconds
    if not work.output.is_file():
        raise CompilerError("trtexec ended well and wrote no plan")
    return seconds, _layers(layers)


def _layers(path: Path) -> int:
    try:
        return len(json.loads(path.read_text(encoding="utf-8"))["Layers"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CompilerError(f"trtexec's layer information cannot be read: {error}") from error


def _run_plan(work: Work, program: str, inputs: Mapping[str, Array]) -> dict[str, Array]:
    folder = work.scratch / "plan"
    folder.mkdir()
    files = {}
    for number, (name, values) in enumerate(inputs.items()):
        files[name] = folder / f"input{number}.bin"
        files[name].write_bytes(np.ascontiguousarray(values).tobytes())
    output = folder / "outputs.json"
    shapes = {name: values.shape for name, values in inputs.items()}
    try:
        work.processes.run(
            [
                program,
                *trtexec.run_arguments(
                    plan=work.output, inputs=files, shapes=shapes, output=output
                ),
            ],
            name="trtexec-run",
        )
        return {
            tensor["name"]: np.array(tensor["values"], np.float64).reshape(
                [int(size) for size in tensor["dimensions"].split("x")]
            )
            for tensor in json.loads(output.read_text(encoding="utf-8"))
        }
    except CompilerError as error:
        raise VerificationError(f"the plan does not run: {error}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        # trtexec writes "nan" for what is no number, which is no JSON either
        raise VerificationError(f"the plan's outputs are no numbers: {error}") from error
