"""A small ONNX graph writer whose bytes depend on nothing but what is put in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

# LayerNormalization came with opset 17; Triton images from 23.03 on read it, and IR version 8.
# https://github.com/onnx/onnx/blob/main/docs/Versioning.md
OPSET = 17
IR_VERSION = 8
PRODUCER = "accelerated-inference"

Array = npt.NDArray[Any]


class GraphWriter:
    """Collects nodes and weights in order; tensors are named by the caller, so names are stable."""

    def __init__(self, name: str) -> None:
        self._model = onnx.ModelProto(
            ir_version=IR_VERSION, producer_name=PRODUCER, producer_version="1"
        )
        self._model.opset_import.add(domain="", version=OPSET)
        self._graph = self._model.graph
        self._graph.name = name
        self._names: set[str] = set()

    def weight(self, name: str, values: Array) -> str:
        """Add a constant in its own dtype (float32, int32 or int64), little-endian; its name."""
        self._claim(name)
        tensor = self._graph.initializer.add(
            name=name,
            data_type=helper.np_dtype_to_tensor_dtype(values.dtype),
            dims=values.shape,
        )
        little_endian = values.dtype.newbyteorder("<")
        tensor.raw_data = np.ascontiguousarray(values, little_endian).tobytes()
        return name

    def node(self, operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add an operator with one output, named ``output``; returns that name."""
        self._claim(output)
        self._graph.node.append(
            helper.make_node(operator, inputs, [output], name=output, **attributes)
        )
        return output

    def fork(self, operator: str, inputs: Sequence[str], outputs: Sequence[str], **kw: Any) -> None:
        """Add an operator with several outputs, named ``outputs``, and attributes ``kw``."""
        for output in outputs:
            self._claim(output)
        self._graph.node.append(helper.make_node(operator, inputs, outputs, outputs[0], **kw))

    def input(self, name: str, kind: int, shape: Sequence[int | str]) -> str:
        """Declare an input of ``onnx.TensorProto`` type ``kind``; a text dimension is free."""
        self._claim(name)
        self._graph.input.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name: str, shape: Sequence[int | str]) -> None:
        """Declare the float32 tensor ``name``, made by a node, as an output."""
        self._graph.output.append(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))
        )

    def model(self) -> onnx.ModelProto:
        """The finished model; its fields depend on this code only, not on tool versions."""
        return self._model

    def _claim(self, name: str) -> None:
        if name in self._names:
            raise ValueError(f"tensor {name!r} is written twice in graph {self._graph.name!r}")
        self._names.add(name)


def write_model(model: onnx.ModelProto, path: Path) -> None:
    """Write the model's bytes; equal models give equal files."""
    path.write_bytes(model.SerializeToString(deterministic=True))
