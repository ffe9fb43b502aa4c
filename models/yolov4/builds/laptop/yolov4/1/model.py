"""Runs ``model.onnx`` on ONNX Runtime's CPU provider; tensors are those of ``config.pbtxt``.

Every laptop build has this same file, since an archive must hold all that it needs.
"""

import json
import os
from pathlib import Path

import numpy as np
import onnxruntime as ort
import triton_python_backend_utils as pb_utils
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, RuntimeException

THREADS_VARIABLE = "INFERENCE_CPU_THREADS"


class TritonPythonModel:
    """The config's parameter ``rows_per_run`` bounds the memory that a large batch takes."""

    def initialize(self, args):
        """Open the session on INFERENCE_CPU_THREADS threads; unset: all cores we may use."""
        config = json.loads(args["model_config"])
        self.inputs = [tensor["name"] for tensor in config["input"]]
        self.outputs = [tensor["name"] for tensor in config["output"]]
        rows = config.get("parameters", {}).get("rows_per_run")
        self.rows_per_run = int(
            (rows or {"string_value": config["max_batch_size"]})["string_value"]
        )
        options = ort.SessionOptions()
        options.intra_op_num_threads = int(
            os.environ.get(THREADS_VARIABLE) or len(os.sched_getaffinity(0))
        )
        # Idle threads of one model would otherwise spin on the cores that the next one needs.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        path = Path(args["model_repository"]) / args["model_version"] / "model.onnx"
        try:
            self.session = ort.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except (MemoryError, Fail, RuntimeException) as error:
            raise named_memory_error(error) from error

    def execute(self, requests):
        """One response per request, in order."""
        return [self._respond(request) for request in requests]

    def _respond(self, request):
        feeds = {
            name: pb_utils.get_input_tensor_by_name(request, name).as_numpy()
            for name in self.inputs
        }
        try:
            values = self._run(feeds)
        except (MemoryError, Fail, RuntimeException) as error:
            raise named_memory_error(error) from error
        tensors = zip(self.outputs, values, strict=True)
        return pb_utils.InferenceResponse([pb_utils.Tensor(name, value) for name, value in tensors])

    def _run(self, feeds):
        batch = len(feeds[self.inputs[0]])
        if batch <= self.rows_per_run:
            return self.session.run(self.outputs, feeds)
        parts = [
            self.session.run(
                self.outputs,
                {name: value[start : start + self.rows_per_run] for name, value in feeds.items()},
            )
            for start in range(0, batch, self.rows_per_run)
        ]
        return [np.concatenate(values) for values in zip(*parts, strict=True)]


def named_memory_error(error):
    """``error``, in the words by which SageMaker knows to unload other models and try again."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError) or "bad_alloc" in text or "allocate" in text:
        text = f"out of memory: {text}"
    return pb_utils.TritonModelException(text)
