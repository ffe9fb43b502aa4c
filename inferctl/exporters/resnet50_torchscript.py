"""ResNet-50 as TorchScript: ``INPUT__0`` (batch, 3, 224, 224) -> (batch, 1000) logits, float32.

The network is that of `resnet50`; Triton's libtorch backend knows inputs and outputs by number.
"""

from __future__ import annotations

import numpy as np

from inferctl.exporters.image_network import Convolution
from inferctl.exporters.origin import ExportError, Origin
from inferctl.exporters.resnet50 import EPSILON, STEM, Block, blocks, parameter_shapes, read_tensors
from inferctl.exporters.torchscript import torchscript

ARGUMENT = "INPUT__0"


def export(origin: Origin) -> bytes:
    """The file with the weights of a torchvision state dict, or with seeded ones."""
    given = read_tensors(origin)
    tensors = {}
    for name, shape in parameter_shapes().items():
        values = given.get(name)
        if values is None or values.shape != shape or values.dtype != np.float32:
            raise ExportError(
                f"tensor {name!r} must be float32 of shape {shape}, got"
                f" {'none' if values is None else f'{values.dtype} of shape {values.shape}'}"
            )
        tensors[_identifier(name)] = values
    return torchscript(
        "ResNet50",
        tensors,
        buffers=[name for name in tensors if "_running_" in name],
        argument=ARGUMENT,
        body=_forward(),
    )


def _forward() -> list[str]:
    lines = [
        f"x = {_convolved(ARGUMENT, 'conv1', STEM)}",
        f"x = torch.relu({_normalised('x', 'bn1')})",
        "x = torch.max_pool2d(x, [3, 3], [2, 2], [1, 1])",
    ]
    for block in blocks():
        lines += _block(block)
    return [
        *lines,
        "x = torch.mean(x, [2, 3])",
        "return torch.addmm(self.fc_bias, x, torch.t(self.fc_weight))",
    ]


def _block(block: Block) -> list[str]:
    lines = ["y = x"]
    for number, layer in enumerate(block.convolutions, start=1):
        lines.append(f"y = {_convolved('y', f'{block.name}.conv{number}', layer)}")
        lines.append(f"y = {_normalised('y', f'{block.name}.bn{number}')}")
        if number < len(block.convolutions):
            lines.append("y = torch.relu(y)")
    if block.shortcut is not None:
        lines.append(f"x = {_convolved('x', f'{block.name}.downsample.0', block.shortcut)}")
        lines.append(f"x = {_normalised('x', f'{block.name}.downsample.1')}")
    return [*lines, "x = torch.relu(torch.add(y, x))"]


def _convolved(value: str, name: str, layer: Convolution) -> str:
    weight = f"self.{_identifier(name)}_weight"
    stride = [layer.stride] * 2
    return f"torch.conv2d({value}, {weight}, None, {stride}, {list(layer.padding)})"


def _normalised(value: str, name: str) -> str:
    parts = ", ".join(
        f"self.{_identifier(name)}_{part}"
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    return f"torch.batch_norm({value}, {parts}, False, 0.1, {EPSILON}, True)"


def _identifier(name: str) -> str:
    """``layer1_0_conv1_weight``: attributes of a TorchScript module have Python's names."""
    return name.replace(".", "_")
