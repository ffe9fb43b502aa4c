"""YOLOv4's layers as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inferctl.exporters.image_network import Convolution, ImageNetwork

SLOPE = 0.1


@dataclass(frozen=True)
class Value:
    """A tensor by its name in the graph, and how many channels it has."""

    name: str
    channels: int


class LayerWriter:
    """Writes the network's layers as ONNX nodes, in the order in which they are asked for."""

    def __init__(self, net: ImageNetwork) -> None:
        self._net = net
        self._convolutions = 0
        self._others = 0
        net.graph.weight("upsample.scales", np.array([1, 1, 2, 2], np.float32))

    def convolve(
        self,
        value: Value,
        outputs: int,
        size: int,
        *,
        stride: int = 1,
        activation: str = "leaky",
    ) -> Value:
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
            return Value(self._net.convolve(name, value.name, layer, bias=bias), outputs)
        normal = self._net.normalise(
            f"{name}.bn", self._net.convolve(name, value.name, layer), outputs
        )
        written = self._mish(normal) if activation == "mish" else self._leaky(normal)
        return Value(written, outputs)

    def add(self, one: Value, other: Value) -> Value:
        return Value(
            self._net.graph.node("Add", [one.name, other.name], self._name("add")), one.channels
        )

    def join(self, values: Sequence[Value]) -> Value:
        joined = self._net.join([value.name for value in values], self._name("join"))
        return Value(joined, sum(value.channels for value in values))

    def pool(self, value: Value, size: int) -> Value:
        pooled = self._net.graph.node(
            "MaxPool",
            [value.name],
            self._name("pool"),
            kernel_shape=[size, size],
            strides=[1, 1],
            pads=[size // 2] * 4,
        )
        return Value(pooled, value.channels)

    def upsample(self, value: Value) -> Value:
        larger = self._net.graph.node(
            "Resize",
            [value.name, "", "upsample.scales"],
            self._name("upsample"),
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
        return Value(larger, value.channels)

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
