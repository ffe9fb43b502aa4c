"""Arrays and requests that pass between the job and its workers, as files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from model_compiler.contract import PYTHON_VARIABLE
from model_compiler.errors import CompilerError
from model_compiler.processes import Finished, Processes
from model_compiler.tensors import Array

_WORKERS = Path(__file__).with_name("workers")


def engine_python() -> str:
    """The Python that has the vendor's SDK; our own where the image names none."""
    return os.environ.get(PYTHON_VARIABLE) or sys.executable


def run_worker(
    processes: Processes, worker: str, task: Mapping[str, Any], folder: Path, *, python: str
) -> tuple[dict[str, Any], Finished]:
    """Run ``workers/<worker>.py`` on ``task``; what it answers, and the finished process.

    Raises as `Processes.run`, and `CompilerError` for a worker that ends well without an answer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "task.json").write_text(json.dumps(task), encoding="utf-8")
    finished = processes.run(
        [python, str(_WORKERS / f"{worker}.py"), str(folder)],
        name=worker.replace("_", "-"),
        environment={"PYTHONUNBUFFERED": "1"},
    )
    try:
        answer: dict[str, Any] = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CompilerError(f"{worker} ended well and gave no answer: {error}") from error
    return answer, finished


def write_arrays(folder: Path, arrays: Mapping[str, Array]) -> dict[str, str]:
    """Save each array in a file of its own; the files by the arrays' names.

    Text is padded to the longest item: an array of objects would be a pickle, which nobody reads.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, str] = {}
    for number, (name, values) in enumerate(arrays.items()):
        path = folder / f"{number}.npy"
        plain = values.astype(np.bytes_) if values.dtype == object else values
        np.save(path, np.ascontiguousarray(plain), allow_pickle=False)
        files[name] = str(path)
    return files


def read_arrays(files: Mapping[str, str]) -> dict[str, Array]:
    """The arrays that a worker saved. Raises `CompilerError` for files that are none."""
    try:
        return {name: np.load(path, allow_pickle=False) for name, path in files.items()}
    except (OSError, ValueError) as error:
        raise CompilerError(f"a worker's outputs cannot be read: {error}") from error
