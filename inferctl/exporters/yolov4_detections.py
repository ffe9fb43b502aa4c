"""From boxes and scores to the best detections of a picture: the suppression of overlaps."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from inferctl.exporters.image_network import ImageNetwork
from inferctl.exporters.yolov4_network import CLASSES

SCORE_THRESHOLD = 0.05
OVERLAP_THRESHOLD = 0.45
DETECTIONS = 100


def write_detections(net: ImageNetwork, boxes: str, scores: str, count: int) -> None:
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
