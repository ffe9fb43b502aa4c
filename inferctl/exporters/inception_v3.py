"""Inception-v3 as ONNX: ``input`` (batch, 299, 299, 3) -> ``output`` (batch, 1001), float32.

Input is NHWC and the output is a softmax over 1,000 ImageNet classes and a background class, as in
TensorFlow's inception_v3_2016_08_28 graph; layers and names are torchvision's, without the
auxiliary head, which serves training only.
https://github.com/pytorch/vision/blob/main/torchvision/models/inception.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import onnx
from onnx import TensorProto

from inferctl.exporters.graph import Array
from inferctl.exporters.image_network import ImageNetwork, normalisation_shapes
from inferctl.exporters.inception_blocks import BLOCKS, FEATURES, STEM, Block, Branch, Step
from inferctl.exporters.origin import ExportError, Origin, Seed
from inferctl.exporters.seeded import Shape, seeded_tensors

CLASSES = 1001
SIDE = 299
EPSILON = 1e-3
SEEDED_GAIN = 2.0


def export(origin: Origin) -> onnx.ModelProto:
    """Inception-v3 with seeded weights. Raises ExportError for any other source."""
    if not isinstance(origin, Seed):
        raise ExportError("inception_v3 needs source {seed}: its 1001 classes fit no state dict")
    tensors = seeded_tensors(parameter_shapes(CLASSES), seed=origin.value, gain=SEEDED_GAIN)
    return network(tensors, classes=CLASSES)


def network(tensors: Mapping[str, Array], *, classes: int) -> onnx.ModelProto:
    """The graph over ``tensors``, float32 under torchvision's names."""
    net = ImageNetwork("inception-v3", tensors, epsilon=EPSILON)
    picture = net.graph.input("input", TensorProto.FLOAT, ["batch", SIDE, SIDE, 3])
    value = net.graph.node("Transpose", [picture], "picture", perm=[0, 3, 1, 2])
    for number, step in enumerate(STEM):
        if step is None:
            value = net.pool("MaxPool", value, f"stem.pool{number}", stride=2, padding=0)
        else:
            value = _write_step(net, step.name, value, step)
    for block in BLOCKS:
        branches = [
            _write_branch(net, block, number, value) for number in range(len(block.branches))
        ]
        value = net.join(branches, block.name)
    logits = net.classify(value, "logits", channels=FEATURES, classes=classes)
    net.graph.node("Softmax", [logits], "output", axis=1)
    net.graph.output("output", ["batch", classes])
    return net.graph.model()


def parameter_shapes(classes: int) -> dict[str, Shape]:
    """Every tensor of the network under torchvision's name."""
    shapes: dict[str, Shape] = {}
    for name, step in _named_steps():
        shapes[f"{name}.conv.weight"] = step.layer.shape
        shapes |= normalisation_shapes(f"{name}.bn", step.layer.outputs)
    return shapes | {"fc.weight": (classes, FEATURES), "fc.bias": (classes,)}


def _named_steps() -> Iterator[tuple[str, Step]]:
    for step in STEM:
        if step is not None:
            yield step.name, step
    for block in BLOCKS:
        for branch in block.branches:
            for step in branch.steps:
                yield f"{block.name}.{step.name}", step


def _write_branch(net: ImageNetwork, block: Block, number: int, value: str) -> str:
    branch: Branch = block.branches[number]
    if branch.pool is not None:
        padding = 1 if block.stride == 1 else 0
        output = f"{block.name}.pool"
        value = net.pool(branch.pool, value, output, stride=block.stride, padding=padding)
    straight = len(branch.steps) - branch.forked
    for step in branch.steps[:straight]:
        value = _write_step(net, f"{block.name}.{step.name}", value, step)
    if not branch.forked:
        return value
    sides = [
        _write_step(net, f"{block.name}.{step.name}", value, step)
        for step in branch.steps[straight:]
    ]
    return net.join(sides, f"{block.name}.fork{number}")


def _write_step(net: ImageNetwork, name: str, value: str, step: Step) -> str:
    value = net.convolve(f"{name}.conv", value, step.layer)
    return net.relu(net.normalise(f"{name}.bn", value, step.layer.outputs))
