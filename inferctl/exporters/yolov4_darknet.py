"""YOLOv4's numbers as Darknet's own file: what the inf1 build makes a TensorFlow graph from."""

from __future__ import annotations

from pathlib import Path

from inferctl.exporters.darknet import read_weights, weights_bytes
from inferctl.exporters.origin import Origin
from inferctl.exporters.yolov4 import read_tensors
from inferctl.exporters.yolov4_network import layers


def export(origin: Origin) -> bytes:
    """The published file as it is, once it is known to fit, or one with seeded numbers."""
    if isinstance(origin, Path):
        read_weights(origin, layers())
        return origin.read_bytes()
    return weights_bytes(read_tensors(origin), layers())
