"""ResNet-50 as ONNX: ``input`` (batch, 3, 224, 224) -> ``output`` (batch, 1000) logits, float32.

The layout is torchvision's (stride in the 3x3 convolution, "v1.5"), so that its published state
dicts fit: 25,557,032 parameters.
https://github.com/pytorch/vision/blob/main/torchvision/models/resnet.py
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import TensorProto

from inferctl.exporters.graph import Array
from inferctl.exporters.image_network import Convolution, ImageNetwork, normalisation_shapes
from inferctl.exporters.origin import Origin
from inferctl.exporters.seeded import Shape, seeded_tensors
from inferctl.exporters.state_dict import read_state_dict

CLASSES = 1000
FEATURES = 2048
EPSILON = 1e-5
# Sixteen sums would multiply a scale kept by every block: this one leaves logits near 1.
SEEDED_GAIN = 1.0
STEM = Convolution(inputs=3, outputs=64, kernel=(7, 7), stride=2, padding=(3, 3))
# (blocks, width inside a block); a block puts out four times its width.
_STAGES = ((3, 64), (4, 128), (6, 256), (3, 512))
_EXPANSION = 4


@dataclass(frozen=True, kw_only=True)
class Block:
    """Three convolutions around a shortcut, which has one of its own where sizes change."""

    name: str
    convolutions: tuple[Convolution, Convolution, Convolution]
    shortcut: Convolution | None


def export(origin: Origin) -> onnx.ModelProto:
    """ResNet-50 with the weights of a torchvision state dict, or with seeded ones."""
    network = ImageNetwork("resnet50", read_tensors(origin), epsilon=EPSILON)
    value = network.graph.input("input", TensorProto.FLOAT, ["batch", 3, 224, 224])
    value = network.normalise("bn1", network.convolve("conv1", value, STEM), STEM.outputs)
    value = network.pool("MaxPool", network.relu(value), "stem", stride=2, padding=1)
    for block in blocks():
        value = _write_block(network, block, value)
    network.classify(value, "output", channels=FEATURES, classes=CLASSES)
    network.graph.output("output", ["batch", CLASSES])
    return network.graph.model()


def read_tensors(origin: Origin) -> dict[str, Array]:
    """The network's tensors under torchvision's names, and what else a state dict holds."""
    if isinstance(origin, Path):
        return read_state_dict(origin)
    return seeded_tensors(parameter_shapes(), seed=origin.value, gain=SEEDED_GAIN)


def parameter_shapes() -> dict[str, Shape]:
    """Every tensor of the network under torchvision's name, in its order."""
    shapes: dict[str, Shape] = {"conv1.weight": STEM.shape}
    shapes |= normalisation_shapes("bn1", STEM.outputs)
    for block in blocks():
        for number, layer in enumerate(block.convolutions, start=1):
            shapes[f"{block.name}.conv{number}.weight"] = layer.shape
            shapes |= normalisation_shapes(f"{block.name}.bn{number}", layer.outputs)
        if block.shortcut is not None:
            shapes[f"{block.name}.downsample.0.weight"] = block.shortcut.shape
            shapes |= normalisation_shapes(f"{block.name}.downsample.1", block.shortcut.outputs)
    return shapes | {"fc.weight": (CLASSES, FEATURES), "fc.bias": (CLASSES,)}


def blocks() -> Iterator[Block]:
    """The sixteen blocks, in order."""
    channels = STEM.outputs
    for stage, (count, width) in enumerate(_STAGES, start=1):
        outputs = width * _EXPANSION
        for position in range(count):
            stride = 2 if stage > 1 and position == 0 else 1
            yield Block(
                name=f"layer{stage}.{position}",
                convolutions=(
                    Convolution(inputs=channels, outputs=width, kernel=(1, 1)),
                    Convolution(
                        inputs=width, outputs=width, kernel=(3, 3), stride=stride, padding=(1, 1)
                    ),
                    Convolution(inputs=width, outputs=outputs, kernel=(1, 1)),
                ),
                shortcut=None
                if position
                else Convolution(inputs=channels, outputs=outputs, kernel=(1, 1), stride=stride),
            )
            channels = outputs


def _write_block(network: ImageNetwork, block: Block, value: str) -> str:
    kept = value
    if block.shortcut is not None:
        kept = network.convolve(f"{block.name}.downsample.0", value, block.shortcut)
        kept = network.normalise(f"{block.name}.downsample.1", kept, block.shortcut.outputs)
    for number, layer in enumerate(block.convolutions, start=1):
        value = network.convolve(f"{block.name}.conv{number}", value, layer)
        value = network.normalise(f"{block.name}.bn{number}", value, layer.outputs)
        if number < len(block.convolutions):
            value = network.relu(value)
    return network.relu(network.graph.node("Add", [value, kept], block.name))
