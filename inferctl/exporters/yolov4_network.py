"""The architecture of YOLOv4: CSPDarknet53, SPP, PANet and three heads; 110 convolutions.

It is walked by whoever implements `Layers`: once to list the convolutions, once to write them.
They come in the order of the published file, https://arxiv.org/abs/2004.10934 and
https://github.com/AlexeyAB/darknet/blob/master/cfg/yolov4.cfg
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from inferctl.exporters.darknet import Layer

CLASSES = 80
ANCHORS_PER_HEAD = 3
HEAD_CHANNELS = ANCHORS_PER_HEAD * (5 + CLASSES)
SIDE = 608
# (outputs of the stage, residual blocks in it)
_STAGES = ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4))
_POOLS = (13, 9, 5)

V = TypeVar("V")


class Layers(Protocol[V]):
    """What the network is made of; ``activation`` is mish, leaky or linear.

    Linear convolutions have a bias, the others are normalised.
    """

    def convolve(
        self, value: V, outputs: int, size: int, *, stride: int = 1, activation: str = "leaky"
    ) -> V: ...

    def add(self, one: V, other: V) -> V: ...

    def join(self, values: Sequence[V]) -> V: ...

    def pool(self, value: V, size: int) -> V: ...

    def upsample(self, value: V) -> V: ...


def detector(net: Layers[V], picture: V) -> tuple[V, V, V]:
    """The heads for strides 8, 16 and 32, before decoding: (batch, 255, rows, columns)."""
    value = net.convolve(picture, 32, 3, activation="mish")
    stages = []
    for number, (outputs, blocks) in enumerate(_STAGES):
        value = _stage(net, value, outputs, blocks, whole=number == 0)
        stages.append(value)
    deep = _pyramid(net, stages[4])
    middle = _merge(net, deep, stages[3], 256)
    shallow = _merge(net, middle, stages[2], 128)
    small = _head(net, shallow, 256)
    middle = _descend(net, shallow, middle, 256)
    medium = _head(net, middle, 512)
    deep = _descend(net, middle, deep, 512)
    return small, medium, _head(net, deep, 1024)


def _stage(net: Layers[V], value: V, outputs: int, blocks: int, *, whole: bool) -> V:
    """A cross-stage partial block: halves the size; the first stage does not split its channels."""
    width = outputs if whole else outputs // 2
    value = net.convolve(value, outputs, 3, stride=2, activation="mish")
    side = net.convolve(value, width, 1, activation="mish")
    value = net.convolve(value, width, 1, activation="mish")
    for _ in range(blocks):
        inner = net.convolve(value, outputs // 2, 1, activation="mish")
        value = net.add(value, net.convolve(inner, width, 3, activation="mish"))
    value = net.convolve(value, width, 1, activation="mish")
    return net.convolve(net.join([value, side]), outputs, 1, activation="mish")


def _pyramid(net: Layers[V], value: V) -> V:
    """Spatial pyramid pooling between two runs of three convolutions."""
    value = _alternate(net, value, 512, 3)
    value = net.join([*(net.pool(value, size) for size in _POOLS), value])
    return _alternate(net, value, 512, 3)


def _merge(net: Layers[V], deep: V, stage: V, width: int) -> V:
    """From the deeper level up to the size of ``stage``."""
    lifted = net.upsample(net.convolve(deep, width, 1))
    return _alternate(net, net.join([net.convolve(stage, width, 1), lifted]), width, 5)


def _descend(net: Layers[V], value: V, deeper: V, width: int) -> V:
    """Back down to the size of ``deeper``."""
    value = net.convolve(value, width, 3, stride=2)
    return _alternate(net, net.join([value, deeper]), width, 5)


def _alternate(net: Layers[V], value: V, width: int, count: int) -> V:
    """1x1 convolutions to ``width`` channels and 3x3 ones to twice as many, in turns."""
    for number in range(count):
        wide = number % 2 == 1
        value = net.convolve(value, 2 * width if wide else width, 3 if wide else 1)
    return value


def _head(net: Layers[V], value: V, width: int) -> V:
    return net.convolve(net.convolve(value, width, 3), HEAD_CHANNELS, 1, activation="linear")


class _Channels:
    """Counts channels and notes convolutions; a value is its number of channels."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []

    def convolve(
        self, value: int, outputs: int, size: int, *, stride: int = 1, activation: str = "leaky"
    ) -> int:
        del stride
        self.layers.append(
            Layer(
                name=f"conv{len(self.layers)}",
                inputs=value,
                outputs=outputs,
                size=size,
                normalised=activation != "linear",
            )
        )
        return outputs

    def add(self, one: int, other: int) -> int:
        assert one == other
        return one

    def join(self, values: Sequence[int]) -> int:
        return sum(values)

    def pool(self, value: int, size: int) -> int:
        del size
        return value

    def upsample(self, value: int) -> int:
        return value


def layers() -> tuple[Layer, ...]:
    """The 110 convolutions in the order of the published file: 64,429,405 numbers."""
    net = _Channels()
    detector(net, 3)
    return tuple(net.layers)
