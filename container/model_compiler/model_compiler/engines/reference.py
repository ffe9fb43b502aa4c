"""What the uncompiled ONNX file answers: every engine that starts from one is compared with it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from model_compiler.engine import Work
from model_compiler.errors import InputError
from model_compiler.exchange import read_arrays, run_worker, write_arrays
from model_compiler.tensors import Array


def run_onnx(
    work: Work, model: Path, inputs: Mapping[str, Array], *, raw: bool
) -> tuple[dict[str, Array], dict[str, str]]:
    """Outputs and versions of ONNX Runtime on the CPU; ``raw``: without its own optimisations.

    Raises `InputError` when the request does not fit the model, and `CompilerError`.
    """
    folder = work.scratch / ("uncompiled" if raw else "compiled")
    files = write_arrays(folder / "inputs", inputs)
    task = {"model": str(model), "inputs": files, "raw": raw}
    answer, _ = run_worker(work.processes, "onnx_worker", task, folder, python=sys.executable)
    if "problem" in answer:
        raise InputError(f"the request to verify with does not fit: {answer['problem']}")
    return read_arrays(answer["outputs"]), answer["versions"]
