"""Named numpy arrays: what goes into a model and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from load_client.errors import InputError

Array = npt.NDArray[Any]
Tensors = Mapping[str, Array]
MOST_ELEMENTS = 2**27
"""Of an input that is made here; half a gigabyte of FP32."""


def is_text(array: Array) -> bool:
    """Whether an array holds strings or bytes."""
    return array.dtype.kind in "OSU"


def text_values(array: Array) -> list[bytes]:
    """The elements of a string array in row-major order, text as UTF-8."""
    return [
        bytes(value) if isinstance(value, bytes) else str(value).encode()
        for value in array.reshape(-1).tolist()
    ]


def text_array(values: list[bytes], shape: tuple[int, ...]) -> Array:
    """A string array; numpy's own conversion would cut trailing zero bytes."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array.reshape(shape)


def with_batch(inputs: Tensors, batch: int) -> dict[str, Array]:
    """The inputs with their first element ``batch`` times along the first axis.

    Raises `InputError` when an input is a scalar or holds no element.
    """
    problems = [
        f"input {name} has shape {list(array.shape)}, so it has no first element to repeat"
        for name, array in inputs.items()
        if array.ndim == 0 or array.shape[0] == 0
    ]
    if batch < 1:
        problems.append(f"batch must be at least 1, got {batch}")
    problems += [
        f"batch {batch} of input {name} has more than {MOST_ELEMENTS:,} elements"
        for name, array in inputs.items()
        if array.ndim and array[:1].size * batch > MOST_ELEMENTS
    ]
    if problems:
        raise InputError(problems)
    return {name: np.repeat(array[:1], batch, axis=0) for name, array in inputs.items()}
