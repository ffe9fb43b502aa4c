"""YOLOv4's three heads, and how their numbers become boxes and scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from onnx import TensorProto

from inferctl.exporters.image_network import ImageNetwork
from inferctl.exporters.yolov4_network import ANCHORS_PER_HEAD, CLASSES, HEAD_CHANNELS


@dataclass(frozen=True, kw_only=True)
class Head:
    """One of the three: cells of ``stride`` pixels, three anchors (width, height) in pixels."""

    name: str
    stride: int
    stretch: float
    anchors: tuple[tuple[int, int], ...]


HEADS = (
    Head(name="small", stride=8, stretch=1.2, anchors=((12, 16), (19, 36), (40, 28))),
    Head(name="medium", stride=16, stretch=1.1, anchors=((36, 75), (76, 55), (72, 146))),
    Head(name="large", stride=32, stretch=1.05, anchors=((142, 110), (192, 243), (459, 401))),
)


def decode(net: ImageNetwork, head: Head, value: str, side: int) -> tuple[str, str]:
    """Boxes (batch, cells * 3, 4) in shares of the picture, and scores (batch, cells * 3, 80)."""
    graph, name, cells = net.graph, head.name, side // head.stride
    fields = HEAD_CHANNELS // ANCHORS_PER_HEAD
    split = graph.weight(
        f"{name}.split", np.array([0, ANCHORS_PER_HEAD, fields, cells, cells], np.int64)
    )
    listed = graph.weight(
        f"{name}.list", np.array([0, cells * cells * ANCHORS_PER_HEAD, fields], np.int64)
    )
    value = graph.node("Reshape", [value, split], f"{name}.anchors")
    value = graph.node("Transpose", [value], f"{name}.cells", perm=[0, 3, 4, 1, 2])
    value = graph.node("Reshape", [value, listed], f"{name}.listed")
    sizes = graph.weight(f"{name}.sizes", np.array([2, 2, 1, CLASSES], np.int64))
    parts = [f"{name}.{part}" for part in ("xy", "wh", "object", "class")]
    graph.fork("Split", [value, sizes], parts, axis=2)

    corner = _centres(net, head, cells)
    half = _half_sizes(net, head, cells, side)
    low = graph.node("Sub", [corner, half], f"{name}.low")
    high = graph.node("Add", [corner, half], f"{name}.high")
    boxes = graph.node("Concat", [low, high], f"{name}.boxes", axis=2)
    shares = [graph.node("Sigmoid", [part], f"{part}.share") for part in parts[2:]]
    return boxes, graph.node("Mul", shares, f"{name}.scores")


def _centres(net: ImageNetwork, head: Head, cells: int) -> str:
    """(sigmoid(x) * stretch - (stretch - 1) / 2 + column) / columns."""
    graph, name = net.graph, head.name
    rows, columns = np.divmod(np.arange(cells * cells), cells)
    grid = np.stack([columns, rows], axis=1).repeat(ANCHORS_PER_HEAD, axis=0)
    offset = (grid - (head.stretch - 1) / 2) / cells
    graph.weight(f"{name}.stretch", np.array(head.stretch / cells, np.float32))
    graph.weight(f"{name}.grid", offset[np.newaxis].astype(np.float32))
    share = graph.node("Sigmoid", [f"{name}.xy"], f"{name}.xy.share")
    wide = graph.node("Mul", [share, f"{name}.stretch"], f"{name}.xy.stretched")
    return graph.node("Add", [wide, f"{name}.grid"], f"{name}.centres")


def _half_sizes(net: ImageNetwork, head: Head, cells: int, side: int) -> str:
    """exp(w) * anchor / 2, in shares of the picture."""
    graph, name = net.graph, head.name
    anchors = np.tile(np.array(head.anchors, np.float64), (cells * cells, 1)) / (2 * side)
    graph.weight(f"{name}.halves", anchors[np.newaxis].astype(np.float32))
    grown = graph.node("Exp", [f"{name}.wh"], f"{name}.wh.grown")
    return graph.node("Mul", [grown, f"{name}.halves"], f"{name}.half_sizes")


def in_pixels(net: ImageNetwork, boxes: str) -> str:
    """Shares times width, height, width, height."""
    graph = net.graph
    graph.weight("image.order", np.array([1, 0, 1, 0], np.int64))
    graph.weight("image.boxes", np.array([1], np.int64))
    ordered = graph.node("Gather", ["image_shape", "image.order"], "image.sides", axis=1)
    sides = graph.node("Cast", [ordered], "image.pixels", to=TensorProto.FLOAT)
    wide = graph.node("Unsqueeze", [sides, "image.boxes"], "image.scale")
    return graph.node("Mul", [boxes, wide], "boxes.all")
