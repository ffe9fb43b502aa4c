"""What Triton's Python backend gives a ``model.py``: enough to run one without a server."""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from google.protobuf import json_format, text_format
from tritonclient.grpc import model_config_pb2

Array = npt.NDArray[Any]


class TritonModelException(Exception):
    """A failure of the whole call."""


class TritonError:
    """A failure of one request."""

    def __init__(self, message: str) -> None:
        self.text = message


class Tensor:
    """A named array."""

    def __init__(self, name: str, values: Array) -> None:
        self._name = name
        self._values = values

    def name(self) -> str:
        return self._name

    def as_numpy(self) -> Array:
        return self._values


class InferenceResponse:
    """The tensors of one request, or its error."""

    def __init__(
        self, output_tensors: list[Tensor] | None = None, error: TritonError | None = None
    ) -> None:
        self.tensors = {tensor.name(): tensor.as_numpy() for tensor in output_tensors or []}
        self.error = error


def get_input_tensor_by_name(request: Mapping[str, Array], name: str) -> Tensor:
    """The tensor of a request, which is a mapping here."""
    return Tensor(name, request[name])


class PythonModel:
    """A ``model.py`` after ``initialize``, in a repository below ``root``."""

    def __init__(self, folder: Path, *, source: Path | None = None) -> None:
        """``folder`` holds 1/ and config.pbtxt; ``source`` is model.py's own place, if another."""
        self.config = text_format.Parse(
            (folder / "config.pbtxt").read_text(), model_config_pb2.ModelConfig()
        )
        self.module = load_module((source or folder) / "1/model.py")
        self._model = self.module.TritonPythonModel()
        if hasattr(self._model, "initialize"):
            self._model.initialize(
                {
                    "model_config": json_format.MessageToJson(
                        self.config,
                        preserving_proto_field_name=True,
                        always_print_fields_with_no_presence=True,
                    ),
                    "model_repository": str(folder),
                    "model_version": "1",
                }
            )

    def responses(self, *requests: Mapping[str, Array]) -> list[InferenceResponse]:
        """One per request."""
        answered: list[InferenceResponse] = self._model.execute(list(requests))
        return answered

    def run(self, **inputs: Array) -> dict[str, Array]:
        """The outputs for one request, checked against the config's names, types and shapes."""
        (response,) = self.responses(inputs)
        assert response.error is None, response.error
        batch = len(next(iter(inputs.values())))
        for output in self.config.output:
            values = response.tensors[output.name]
            assert values.shape == (batch, *output.dims)
            kind = model_config_pb2.DataType.Name(output.data_type)
            assert values.dtype == {"TYPE_FP32": np.float32, "TYPE_INT32": np.int32}[kind]
        assert set(response.tensors) == {output.name for output in self.config.output}
        return response.tensors


def load_module(path: Path) -> types.ModuleType:
    """Import a ``model.py``, with this module as the backend's utilities meanwhile."""
    spec = importlib.util.spec_from_file_location(f"model_{abs(hash(path))}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["triton_python_backend_utils"] = sys.modules[__name__]
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules["triton_python_backend_utils"]
    return module
