"""YOLOv4 as ONNX, from picture to detections: the network, the decoding and the suppression.

``image`` (batch, 608, 608, 3) float32, RGB from 0 to 1, and ``image_shape`` (batch, 2) int32, the
picture's height and width -> ``boxes`` (batch, 100, 4) left, top, right, bottom in its pixels,
``scores`` and ``classes`` (batch, 100), all float32, best first and 0 where there are fewer.

Anchors and thresholds are those of AWS's example for Inferentia; x and y are stretched as in the
published yolov4.cfg (scale_x_y), with which the published weights were trained.
https://github.com/aws-neuron/aws-neuron-sdk/tree/master/src/examples/tensorflow/yolo_v4_demo
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto

from inferctl.exporters.darknet import read_weights
from inferctl.exporters.graph import Array
from inferctl.exporters.image_network import ImageNetwork
from inferctl.exporters.origin import Origin
from inferctl.exporters.seeded import seeded_tensors
from inferctl.exporters.yolov4_detections import DETECTIONS, write_detections
from inferctl.exporters.yolov4_heads import HEADS, decode, in_pixels
from inferctl.exporters.yolov4_layers import LayerWriter, Value
from inferctl.exporters.yolov4_network import ANCHORS_PER_HEAD, SIDE, detector, layers

EPSILON = 1e-5
# He's gain, less what a mish lets through: with 2.2 the residual sums run away.
SEEDED_GAIN = 1.6
# A seeded head tells places apart, and finds few objects, as a trained one does.
SEEDED_HEAD_SCALE = 8.0
SEEDED_OBJECT_BIAS = -5.3
SEEDED_CLASS_BIAS = -6.0


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
    maps = detector(LayerWriter(net), Value(picture, 3))
    parts = [decode(net, head, value.name, side) for head, value in zip(HEADS, maps, strict=True)]
    # The largest objects first, as in AWS's example.
    boxes = graph.node("Concat", [box for box, _ in reversed(parts)], "boxes.shares", axis=1)
    scores = graph.node("Concat", [score for _, score in reversed(parts)], "scores.all", axis=1)
    count = sum(ANCHORS_PER_HEAD * (side // head.stride) ** 2 for head in HEADS)
    write_detections(net, in_pixels(net, boxes), scores, count)
    graph.output("boxes", ["batch", DETECTIONS, 4])
    graph.output("scores", ["batch", DETECTIONS])
    graph.output("classes", ["batch", DETECTIONS])
    return graph.model()
