"""The graph writer."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from inferctl.exporters.graph import GraphWriter, write_model


def _model() -> onnx.ModelProto:
    graph = GraphWriter("double")
    value = graph.input("x", TensorProto.FLOAT, ["batch", 2])
    graph.weight("two", np.array([[1, 2], [3, 4]], np.float32).T)
    graph.node("Mul", [value, "two"], "y")
    graph.output("y", ["batch", 2])
    return graph.model()


def test_the_bytes_of_a_model_are_pinned(tmp_path: Path) -> None:
    write_model(_model(), tmp_path / "m.onnx")

    onnx.checker.check_model(str(tmp_path / "m.onnx"), full_check=True)
    digest = hashlib.sha256((tmp_path / "m.onnx").read_bytes()).hexdigest()
    assert digest == "6cd2b9c64455c6c16a390efddb80b4539ed7a98f36b18793c18377dff3b17133"


def test_a_transposed_weight_is_written_in_row_order() -> None:
    tensor = _model().graph.initializer[0]

    assert np.frombuffer(tensor.raw_data, "<f4").tolist() == [1, 3, 2, 4]


def test_a_name_is_written_once() -> None:
    graph = GraphWriter("g")
    graph.input("x", TensorProto.FLOAT, [1])

    with pytest.raises(ValueError, match="tensor 'x' is written twice in graph 'g'"):
        graph.node("Relu", ["x"], "x")
