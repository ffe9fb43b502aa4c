"""trtexec's command lines, which differ between the major versions of TensorRT.

Below docs.nvidia.com/deeplearning/tensorrt/11.4.1/api/migration/: tensorrt-8x-to-10x-trtexec.html
and tensorrt-10x-to-11x-trtexec.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model_compiler.errors import CompilerError, InputError
from model_compiler.tensors import Array

Version = tuple[int, int, int]
MAJORS = (8, 10, 11)
_BANNER = re.compile(r"TensorRT v(\d+)")
# --buildOnly is its older name: github.com/NVIDIA/TensorRT, samples/common/sampleOptions.cpp
_FIRST_WITH_SKIP_INFERENCE = (8, 6, 0)


def parse_version(output: str) -> Version:
    """8.5.3 of the banner's ``v8503``, 10.9.0 of ``v100900``; raises `CompilerError`."""
    found = _BANNER.search(output)
    if found is None:
        raise CompilerError(f"trtexec must name its version, got {output.strip()[:200]!r}")
    number = int(found[1])
    # two digits for the minor version since 10
    if number >= 100_000:
        return number // 10_000, number // 100 % 100, number % 100
    return number // 1000, number // 100 % 10, number % 100


def check_version(version: Version, recipe: Mapping[str, Any]) -> None:
    """Raise `InputError` for a version that we have no arguments for, or that cannot do it."""
    if version[0] not in MAJORS:
        raise InputError(
            f"TensorRT {_text(version)} is none of the major versions"
            f" {', '.join(map(str, MAJORS))} (choose an image of one of these)"
        )
    if recipe["precision"] != "int8":
        return
    if not recipe.get("calibration"):
        raise InputError("precision int8 needs a calibration cache (name one, or choose fp16)")
    if version[0] >= 11:
        raise InputError(
            "TensorRT 11 has no calibration (quantise the ONNX file with Q/DQ nodes and choose"
            " precision fp32, or serve with an image of TensorRT 10)"
        )


def needs_autocast(version: Version, precision: str) -> bool:
    """Whether the ONNX file itself must be made fp16, since networks are strongly typed."""
    return version[0] >= 11 and precision == "fp16"


def build_arguments(
    version: Version,
    recipe: Mapping[str, Any],
    *,
    onnx: Path,
    plan: Path,
    layers: Path,
    calibration: Path | None,
) -> list[str]:
    """Everything behind ``trtexec`` for a build, in a stable order."""
    arguments = [f"--onnx={onnx}", f"--saveEngine={plan}", f"--exportLayerInfo={layers}"]
    for flag, bound in (("minShapes", "min"), ("optShapes", "opt"), ("maxShapes", "max")):
        shapes = {name: ranges[bound] for name, ranges in recipe["shapes"].items()}
        arguments.append(f"--{flag}={shapes_argument(shapes)}")
    if recipe.get("workspace_mib"):
        arguments.append(f"--memPoolSize=workspace:{recipe['workspace_mib']}")
    if version[0] < 11:
        if recipe["precision"] == "fp16":
            arguments.append("--fp16")
        elif recipe["precision"] == "int8":
            arguments += ["--int8", f"--calib={calibration}"]
    skips = version >= _FIRST_WITH_SKIP_INFERENCE
    arguments.append("--skipInference" if skips else "--buildOnly")
    return arguments


def bindings(version: Version, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """The inputs as a plan takes them: before 10 the parser makes INT32 of an ONNX file's INT64.

    https://docs.nvidia.com/deeplearning/tensorrt/archives/tensorrt-861/developer-guide/index.html
    """
    narrow = version[0] < 10
    return {
        name: values.astype(np.int32) if narrow and values.dtype == np.int64 else values
        for name, values in inputs.items()
    }


def run_arguments(
    *, plan: Path, inputs: Mapping[str, Path], shapes: Mapping[str, Sequence[int]], output: Path
) -> list[str]:
    """Everything behind ``trtexec`` to run a plan once on given inputs, in all versions alike."""
    loaded = ",".join(f"{name}:{path}" for name, path in sorted(inputs.items()))
    return [
        f"--loadEngine={plan}",
        f"--shapes={shapes_argument(shapes)}",
        f"--loadInputs={loaded}",
        f"--exportOutput={output}",
        *("--iterations=1", "--warmUp=0", "--duration=0"),
    ]


def shapes_argument(shapes: Mapping[str, Sequence[int]]) -> str:
    """``input:1x3x224x224,mask:1x128``."""
    return ",".join(f"{name}:{'x'.join(map(str, shape))}" for name, shape in sorted(shapes.items()))


def _text(version: Version) -> str:
    return ".".join(map(str, version))
