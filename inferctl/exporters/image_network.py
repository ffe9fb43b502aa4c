"""Convolution, normalisation and pooling for the image networks, on top of the graph writer.

Batch normalisation stays a node of its own: the exported parameters are then those that were
published, bit for bit, and both ONNX Runtime and TensorRT fold it into the convolution on load.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from inferctl.exporters.graph import Array, GraphWriter
from inferctl.exporters.origin import ExportError
from inferctl.exporters.seeded import Shape

NORMALISATION_PARTS = ("weight", "bias", "running_mean", "running_var")
Pair = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Convolution:
    """A convolution. ``kernel``, ``stride``, ``padding`` are (height, width)."""

    inputs: int
    outputs: int
    kernel: Pair
    stride: int = 1
    padding: Pair = (0, 0)

    @property
    def shape(self) -> Shape:
        """Of the weights: (outputs, inputs, height, width)."""
        return (self.outputs, self.inputs, *self.kernel)


class ImageNetwork:
    """Writes NCHW layers and takes their float32 weights from ``tensors``, checking shapes."""

    def __init__(self, name: str, tensors: Mapping[str, Array], *, epsilon: float) -> None:
        self.graph = GraphWriter(name)
        self._tensors = tensors
        self._epsilon = epsilon

    def weight(self, name: str, shape: Shape) -> str:
        """The graph's copy of tensor ``name``. Raises ExportError if it is not as expected."""
        tensor = self._tensors.get(name)
        if tensor is None:
            raise ExportError(f"the weights must hold tensor {name!r}")
        if tensor.shape != shape or tensor.dtype != np.float32:
            raise ExportError(
                f"tensor {name!r} must be float32 of shape {shape},"
                f" got {tensor.dtype} of shape {tensor.shape}"
            )
        return self.graph.weight(name, tensor)

    def convolve(
        self, name: str, value: str, layer: Convolution, *, bias: str | None = None
    ) -> str:
        """Convolution with weights ``<name>.weight``, and the graph's tensor ``bias`` if given."""
        top, left = layer.padding
        kernel = self.weight(f"{name}.weight", layer.shape)
        return self.graph.node(
            "Conv",
            [value, kernel] if bias is None else [value, kernel, bias],
            name,
            kernel_shape=layer.kernel,
            strides=[layer.stride, layer.stride],
            pads=[top, left, top, left],
        )

    def normalise(self, name: str, value: str, channels: int) -> str:
        """Batch normalisation with the four tensors below ``name``."""
        parts = [self.weight(f"{name}.{part}", (channels,)) for part in NORMALISATION_PARTS]
        return self.graph.node("BatchNormalization", [value, *parts], name, epsilon=self._epsilon)

    def relu(self, value: str) -> str:
        """The positive part of ``value``."""
        return self.graph.node("Relu", [value], f"{value}.relu")

    def pool(self, operator: str, value: str, output: str, *, stride: int, padding: int) -> str:
        """3x3 MaxPool or AveragePool; the average counts padding zeros, as PyTorch does."""
        counted = {"count_include_pad": 1} if operator == "AveragePool" else {}
        return self.graph.node(
            operator,
            [value],
            output,
            kernel_shape=[3, 3],
            strides=[stride, stride],
            pads=[padding] * 4,
            **counted,
        )

    def classify(self, value: str, output: str, *, channels: int, classes: int) -> str:
        """Global average, then the dense layer ``fc``: (batch, classes)."""
        mean = self.graph.node("GlobalAveragePool", [value], "pooled")
        flat = self.graph.node("Flatten", [mean], "flat", axis=1)
        parts = [self.weight("fc.weight", (classes, channels)), self.weight("fc.bias", (classes,))]
        return self.graph.node("Gemm", [flat, *parts], output, transB=1)

    def join(self, values: Sequence[str], output: str) -> str:
        """The branches' channels behind each other."""
        return self.graph.node("Concat", values, output, axis=1)


def normalisation_shapes(name: str, channels: int) -> dict[str, Shape]:
    """The four tensors of a normalisation layer, under PyTorch's names."""
    return {f"{name}.{part}": (channels,) for part in NORMALISATION_PARTS}
