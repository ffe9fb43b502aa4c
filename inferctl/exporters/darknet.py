"""Reads and writes Darknet's ``.weights``: a header, then float32 numbers layer by layer.

The header is three int32 (version 0.2.5) and an int64, the pictures seen in training. A layer with
normalisation has bias, scale, mean and variance before its kernel, another one just its bias.
https://github.com/AlexeyAB/darknet/blob/master/src/parser.c, load_convolutional_weights
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inferctl.exporters.graph import Array
from inferctl.exporters.image_network import normalisation_shapes
from inferctl.exporters.origin import ExportError
from inferctl.exporters.seeded import Shape

_HEADER = struct.Struct("<iiiq")
_WRITTEN_VERSION = (0, 2, 5)
# PyTorch's names of the numbers, in the file's order.
_NORMALISATION = ("bias", "weight", "running_mean", "running_var")


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A square convolution; ``normalised`` ones have no bias of their own."""

    name: str
    inputs: int
    outputs: int
    size: int
    normalised: bool = True

    @property
    def kernel(self) -> Shape:
        """(outputs, inputs, height, width)."""
        return (self.outputs, self.inputs, self.size, self.size)

    @property
    def shapes(self) -> dict[str, Shape]:
        """Its tensors in the file's order, under PyTorch's names."""
        if not self.normalised:
            return {f"{self.name}.bias": (self.outputs,), f"{self.name}.weight": self.kernel}
        vectors = normalisation_shapes(f"{self.name}.bn", self.outputs)
        ordered = {name: vectors[name] for name in (f"{self.name}.bn.{x}" for x in _NORMALISATION)}
        return ordered | {f"{self.name}.weight": self.kernel}


def read_weights(path: Path, layers: Sequence[Layer]) -> dict[str, Array]:
    """The tensors of ``layers``; raises ExportError unless the file holds exactly these."""
    with path.open("rb") as stream:
        header = stream.read(_HEADER.size)
        values = np.fromfile(stream, "<f4")
    wanted = number_count(layers)
    # Before version 0.2 the counter of pictures had 4 bytes.
    if len(header) < _HEADER.size or _HEADER.unpack(header)[:2] < (0, 2):
        raise ExportError(f"{path} must be Darknet weights of version 0.2 or later")
    if values.size != wanted:
        raise ExportError(f"{path} must hold {wanted:,} numbers, got {values.size:,}")
    tensors: dict[str, Array] = {}
    start = 0
    for layer in layers:
        for name, shape in layer.shapes.items():
            end = start + math.prod(shape)
            tensors[name] = values[start:end].reshape(shape)
            start = end
    return tensors


def weights_bytes(tensors: Mapping[str, Array], layers: Sequence[Layer]) -> bytes:
    """The file that :func:`read_weights` reads ``tensors`` from."""
    parts = [tensors[name].astype("<f4") for layer in layers for name in layer.shapes]
    return _HEADER.pack(*_WRITTEN_VERSION, 0) + b"".join(part.tobytes() for part in parts)


def number_count(layers: Sequence[Layer]) -> int:
    """Numbers behind the header."""
    return sum(math.prod(shape) for layer in layers for shape in layer.shapes.values())
