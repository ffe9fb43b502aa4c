"""Reproducible random weights: equal seeds give equal bytes on every machine.

Only Mersenne Twister's uniform numbers and operations that IEEE 754 rounds exactly (+, -, *, /,
sqrt) are used. ``RandomState`` is frozen by NumPy's compatibility policy (NEP 19); its normal
numbers would go through the platform's ``log``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from inferctl.exporters.graph import Array

Shape = tuple[int, ...]
# Batch normalisation away from identity, so that a golden answer notices each of its parts.
_NORMALISATION_RANGES = {
    "weight": (0.8, 1.2),
    "bias": (-0.1, 0.1),
    "running_mean": (-0.1, 0.1),
    "running_var": (0.8, 1.2),
}


def seeded_tensors(shapes: Mapping[str, Shape], *, seed: int, gain: float) -> dict[str, Array]:
    """Float32 tensors in the given shapes, drawn in the order of ``shapes``.

    Matrices and kernels are uniform with variance ``gain`` / fan-in: 2 keeps the scale through
    ReLUs (He), less lets a sum of residuals stay small. Vectors belong to a normalisation layer, or
    to a bias, and are told apart by the last part of their names.
    """
    random = np.random.RandomState(seed)
    tensors: dict[str, Array] = {}
    for name, shape in shapes.items():
        if len(shape) > 1:
            bound = math.sqrt(3.0 * gain / math.prod(shape[1:]))
            low, high = -bound, bound
        else:
            low, high = _NORMALISATION_RANGES[name.rpartition(".")[2]]
        drawn = random.random_sample(shape)
        drawn *= high - low
        drawn += low
        tensors[name] = drawn.astype(np.float32)
    return tensors
