"""The layer table of Inception-v3: which convolutions follow each other in which branch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inferctl.exporters.image_network import Convolution, Pair

Pooling = Literal["AveragePool", "MaxPool"]
_POINT: Pair = (1, 1)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One convolution with normalisation and ReLU; ``name`` is torchvision's, in its block."""

    name: str
    layer: Convolution


@dataclass(frozen=True, kw_only=True)
class Branch:
    """Steps one after the other; the last ``forked`` of them side by side, and joined."""

    steps: tuple[Step, ...] = ()
    pool: Pooling | None = None
    forked: int = 0


@dataclass(frozen=True, kw_only=True)
class Block:
    """Branches over one input, joined along the channels. ``stride`` is that of its pooling."""

    name: str
    branches: tuple[Branch, ...]
    stride: int = 1


def _step(name: str, inputs: int, outputs: int, kernel: Pair = _POINT, *, stride: int = 1) -> Step:
    """Within blocks, stride 1 keeps the picture's size and stride 2 pads nothing."""
    padding = (kernel[0] // 2, kernel[1] // 2) if stride == 1 else (0, 0)
    layer = Convolution(
        inputs=inputs, outputs=outputs, kernel=kernel, stride=stride, padding=padding
    )
    return Step(name=name, layer=layer)


def _chain(
    name: str, inputs: int, *layers: tuple[int, Pair], stride: int = 1, forked: int = 0
) -> Branch:
    """A branch of steps ``name_1``, ``name_2``...; ``stride`` belongs to the last of them."""
    steps = []
    straight = len(layers) - forked
    for number, (outputs, kernel) in enumerate(layers, start=1):
        suffix = (
            str(number) if number <= straight else f"{straight + 1}{'ab'[number - straight - 1]}"
        )
        last = number == len(layers)
        steps.append(
            _step(f"{name}_{suffix}", inputs, outputs, kernel, stride=stride if last else 1)
        )
        if number <= straight:
            inputs = outputs
    return Branch(steps=tuple(steps), forked=forked)


def _pooled(inputs: int, outputs: int) -> Branch:
    return Branch(steps=(_step("branch_pool", inputs, outputs),), pool="AveragePool")


def _block_a(name: str, inputs: int, pooled: int) -> Block:
    return Block(
        name=name,
        branches=(
            Branch(steps=(_step("branch1x1", inputs, 64),)),
            _chain("branch5x5", inputs, (48, _POINT), (64, (5, 5))),
            _chain("branch3x3dbl", inputs, (64, _POINT), (96, (3, 3)), (96, (3, 3))),
            _pooled(inputs, pooled),
        ),
    )


def _block_b(name: str, inputs: int) -> Block:
    return Block(
        name=name,
        stride=2,
        branches=(
            Branch(steps=(_step("branch3x3", inputs, 384, (3, 3), stride=2),)),
            _chain("branch3x3dbl", inputs, (64, _POINT), (96, (3, 3)), (96, (3, 3)), stride=2),
            Branch(pool="MaxPool"),
        ),
    )


def _block_c(name: str, inputs: int, width: int) -> Block:
    flat, tall = (1, 7), (7, 1)
    return Block(
        name=name,
        branches=(
            Branch(steps=(_step("branch1x1", inputs, 192),)),
            _chain("branch7x7", inputs, (width, _POINT), (width, flat), (192, tall)),
            _chain(
                "branch7x7dbl",
                inputs,
                (width, _POINT),
                (width, tall),
                (width, flat),
                (width, tall),
                (192, flat),
            ),
            _pooled(inputs, 192),
        ),
    )


def _block_d(name: str, inputs: int) -> Block:
    return Block(
        name=name,
        stride=2,
        branches=(
            _chain("branch3x3", inputs, (192, _POINT), (320, (3, 3)), stride=2),
            _chain(
                "branch7x7x3",
                inputs,
                (192, _POINT),
                (192, (1, 7)),
                (192, (7, 1)),
                (192, (3, 3)),
                stride=2,
            ),
            Branch(pool="MaxPool"),
        ),
    )


def _block_e(name: str, inputs: int) -> Block:
    flat, tall = (1, 3), (3, 1)
    return Block(
        name=name,
        branches=(
            Branch(steps=(_step("branch1x1", inputs, 320),)),
            _chain("branch3x3", inputs, (384, _POINT), (384, flat), (384, tall), forked=2),
            _chain(
                "branch3x3dbl",
                inputs,
                (448, _POINT),
                (384, (3, 3)),
                (384, flat),
                (384, tall),
                forked=2,
            ),
            _pooled(inputs, 192),
        ),
    )


def _stem(name: str, inputs: int, outputs: int, size: int, *, stride: int, padding: int) -> Step:
    layer = Convolution(
        inputs=inputs,
        outputs=outputs,
        kernel=(size, size),
        stride=stride,
        padding=(padding, padding),
    )
    return Step(name=name, layer=layer)


# A None is a 3x3 max pooling of stride 2.
STEM: tuple[Step | None, ...] = (
    _stem("Conv2d_1a_3x3", 3, 32, 3, stride=2, padding=0),
    _stem("Conv2d_2a_3x3", 32, 32, 3, stride=1, padding=0),
    _stem("Conv2d_2b_3x3", 32, 64, 3, stride=1, padding=1),
    None,
    _stem("Conv2d_3b_1x1", 64, 80, 1, stride=1, padding=0),
    _stem("Conv2d_4a_3x3", 80, 192, 3, stride=1, padding=0),
    None,
)
BLOCKS = (
    _block_a("Mixed_5b", 192, 32),
    _block_a("Mixed_5c", 256, 64),
    _block_a("Mixed_5d", 288, 64),
    _block_b("Mixed_6a", 288),
    _block_c("Mixed_6b", 768, 128),
    _block_c("Mixed_6c", 768, 160),
    _block_c("Mixed_6d", 768, 160),
    _block_c("Mixed_6e", 768, 192),
    _block_d("Mixed_7a", 768),
    _block_e("Mixed_7b", 1280),
    _block_e("Mixed_7c", 2048),
)
FEATURES = 2048
