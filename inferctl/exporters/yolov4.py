"""YOLOv4 as ONNX, from picture to detections: the network, the decoding and the suppression.

``image`` (batch, 608, 608, 3) float32, RGB from 0 to 1, and ``image_shape`` (batch, 2) int32, the
picture's height and width -> ``boxes`` (batch, 100, 4) left, top, right, bottom in its pixels,
``scores`` and ``classes`` (batch, 100), all float32, best first and 0 where there are fewer.

Anchors and thresholds are those of AWS's example for Inferentia; x and y are stretched as in the
published yolov4.cfg (scale_x_y), with which the published weights were trained.
https://github.com/aws-neuron/aws-neuron-sdk/tree/master/src/examples/tensorflow/yolo_v4_demo
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto

from inferctl.exporters.darknet import read_weights
from inferctl.exporters.graph import Array
from inferctl.exporters.image_network import Convolution, ImageNetwork
from inferctl.exporters.origin import Origin
from inferctl.exporters.seeded import seeded_tensors
from inferctl.exporters.yolov4_network import (
    ANCHORS_PER_HEAD,
    CLASSES,
    HEAD_CHANNELS,
    SIDE,
    detector,
    layers,
)

EPSILON = 1e-5
SLOPE = 0.1
SCORE_THRESHOLD = 0.05
OVERLAP_THRESHOLD = 0.45
DETECTIONS = 100
# He's gain, less what a mish lets through: with 2.2 the residual sums run away.
SEEDED_GAIN = 1.6
# A seeded head tells places apart, and finds few objects, as a trained one does.
SEEDED_HEAD_SCALE = 8.0
SEEDED_OBJECT_BIAS = -5.3
SEEDED_CLASS_BIAS = -6.0


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


def export(origin: Origin) -> onnx.ModelProto:
    """YOLOv4 with Darknet's published weights, or with seeded ones."""
    return network(read_tensors(origin))


def read_tensors(origin: Origin) -> dict[str, Array]:
    """The numbers of the 110 convolutions, by name. Raises ExportError for another network's."""
    if isinstance(origin, Path):
        return read_weights(origin, layers())
    shapes = {name: shape for layer in layers() for name, shape in layer.shapes.items()}
    tensors = seeded_tensors(shapes, seed=origin.value, gain=SEEDED_GAIN)
    for layer in layers():
        if not layer.normalised:
            kernels = tensors[f"{layer.name}.weight"].reshape(ANCHORS_PER_HEAD, -1, layer.inputs)
            kernels[:, 4:] *= np.float32(SEEDED_HEAD_SCALE)
            parts = tensors[f"{layer.name}.bias"].reshape(ANCHORS_PER_HEAD, -1)
            parts[:, 4] += np.float32(SEEDED_OBJECT_BIAS)
            parts[:, 5:] += np.float32(SEEDED_CLASS_BIAS)
    return tensors


def network(tensors: Mapping[str, Array], *, side: int = SIDE) -> onnx.ModelProto:
    """The graph over ``tensors`` for pictures of ``side``, a multiple of 32."""
    net = ImageNetwork("yolov4", tensors, epsilon=EPSILON)
    graph = net.graph
    image = graph.input("image", TensorProto.FLOAT, ["batch", side, side, 3])
    graph.input("image_shape", TensorProto.INT32, ["batch", 2])
    picture = graph.node("Transpose", [image], "picture", perm=[0, 3, 1, 2])
    maps = detector(_Writer(net), _Value(picture, 3))
    parts = [_decode(net, head, value.name, side) for head, value in zip(HEADS, maps, strict=True)]
    # The largest objects first, as in AWS's example.
    boxes = graph.node("Concat", [box for box, _ in reversed(parts)], "boxes.shares", axis=1)
    scores = graph.node("Concat", [score for _, score in reversed(parts)], "scores.all", axis=1)
    count = sum(ANCHORS_PER_HEAD * (side // head.stride) ** 2 for head in HEADS)
    _detections(net, _in_pixels(net, boxes), scores, count)
    graph.output("boxes", ["batch", DETECTIONS, 4])
    graph.output("scores", ["batch", DETECTIONS])
    graph.output("classes", ["batch", DETECTIONS])
    return graph.model()


@dataclass(frozen=True)
class _Value:
    name: str
    channels: int


class _Writer:
    """Writes the network's layers as ONNX nodes."""

    def __init__(self, net: ImageNetwork) -> None:
        self._net = net
        self._convolutions = 0
        self._others = 0
        net.graph.weight("upsample.scales", np.array([1, 1, 2, 2], np.float32))

    def convolve(
        self,
        value: _Value,
        outputs: int,
        size: int,
        *,
        stride: int = 1,
        activation: str = "leaky",
    ) -> _Value:
        name = f"conv{self._convolutions}"
        self._convolutions += 1
        padding = (size // 2, size // 2)
        layer = Convolution(
            inputs=value.channels,
            outputs=outputs,
            kernel=(size, size),
            stride=stride,
            padding=padding,
        )
        if activation == "linear":
            bias = self._net.weight(f"{name}.bias", (outputs,))
            return _Value(self._net.convolve(name, value.name, layer, bias=bias), outputs)
        normal = self._net.normalise(
            f"{name}.bn", self._net.convolve(name, value.name, layer), outputs
        )
        written = self._mish(normal) if activation == "mish" else self._leaky(normal)
        return _Value(written, outputs)

    def add(self, one: _Value, other: _Value) -> _Value:
        return _Value(
            self._net.graph.node("Add", [one.name, other.name], self._name("add")), one.channels
        )

    def join(self, values: Sequence[_Value]) -> _Value:
        joined = self._net.join([value.name for value in values], self._name("join"))
        return _Value(joined, sum(value.channels for value in values))

    def pool(self, value: _Value, size: int) -> _Value:
        pooled = self._net.graph.node(
            "MaxPool",
            [value.name],
            self._name("pool"),
            kernel_shape=[size, size],
            strides=[1, 1],
            pads=[size // 2] * 4,
        )
        return _Value(pooled, value.channels)

    def upsample(self, value: _Value) -> _Value:
        larger = self._net.graph.node(
            "Resize",
            [value.name, "", "upsample.scales"],
            self._name("upsample"),
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
        return _Value(larger, value.channels)

    def _mish(self, value: str) -> str:
        """x * tanh(softplus(x)); an operator of its own since opset 18."""
        soft = self._net.graph.node("Softplus", [value], f"{value}.softplus")
        bent = self._net.graph.node("Tanh", [soft], f"{value}.tanh")
        return self._net.graph.node("Mul", [value, bent], f"{value}.mish")

    def _leaky(self, value: str) -> str:
        return self._net.graph.node("LeakyRelu", [value], f"{value}.leaky", alpha=SLOPE)

    def _name(self, kind: str) -> str:
        self._others += 1
        return f"{kind}{self._others}"


def _decode(net: ImageNetwork, head: Head, value: str, side: int) -> tuple[str, str]:
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


def _in_pixels(net: ImageNetwork, boxes: str) -> str:
    """Shares times width, height, width, height."""
    graph = net.graph
    graph.weight("image.order", np.array([1, 0, 1, 0], np.int64))
    graph.weight("image.boxes", np.array([1], np.int64))
    ordered = graph.node("Gather", ["image_shape", "image.order"], "image.sides", axis=1)
    sides = graph.node("Cast", [ordered], "image.pixels", to=TensorProto.FLOAT)
    wide = graph.node("Unsqueeze", [sides, "image.boxes"], "image.scale")
    return graph.node("Mul", [boxes, wide], "boxes.all")


def _detections(net: ImageNetwork, boxes: str, scores: str, count: int) -> None:
    """The best of each class that no better one overlaps, then the best of all.

    Suppression lists what it keeps, a number that varies; scores of the rest become 0 here, so that
    the shapes stay fixed and the pictures of a batch apart.
    """
    graph = net.graph
    for name, number in (("most", DETECTIONS), ("boxes.count", count)):
        graph.weight(name, np.array([number], np.int64))
    graph.weight("overlap", np.array([OVERLAP_THRESHOLD], np.float32))
    graph.weight("threshold", np.array([SCORE_THRESHOLD], np.float32))
    graph.weight("last", np.array([2], np.int64))
    graph.weight("flat", np.array([0, CLASSES * count], np.int64))
    graph.weight("zero", np.array(0, np.float32))

    by_class = graph.node("Transpose", [scores], "scores.by_class", perm=[0, 2, 1])
    kept = graph.node(
        "NonMaxSuppression", [boxes, by_class, "most", "overlap", "threshold"], "kept"
    )
    found = graph.node("GatherND", [by_class, kept], "kept.scores")
    shape = graph.node("Shape", [by_class], "scores.shape")
    nothing = graph.node("ConstantOfShape", [shape], "scores.none")
    sparse = graph.node("ScatterND", [nothing, kept, found], "scores.kept")
    listed = graph.node("Reshape", [sparse, "flat"], "scores.listed")
    graph.fork("TopK", [listed, "most"], ["scores", "places"], axis=1)

    present = graph.node("Greater", ["scores", "zero"], "present")
    shares = graph.node("Cast", [present], "present.share", to=TensorProto.FLOAT)
    kinds = graph.node("Div", ["places", "boxes.count"], "places.class")
    numbers = graph.node("Cast", [kinds], "places.number", to=TensorProto.FLOAT)
    graph.node("Mul", [numbers, shares], "classes")
    rows = graph.node("Mod", ["places", "boxes.count"], "places.box")
    places = graph.node("Unsqueeze", [rows, "last"], "places.boxes")
    best = graph.node("GatherND", [boxes, places], "boxes.best", batch_dims=1)
    wide = graph.node("Unsqueeze", [shares, "last"], "present.boxes")
    graph.node("Mul", [best, wide], "boxes")
