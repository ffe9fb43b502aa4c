"""Writes files as ``torch.save`` does, without PyTorch."""

from __future__ import annotations

import io
import pickle
import sys
import types
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


class FloatStorage:
    """Stands for ``torch.FloatStorage``, by its name."""


class _Stored:
    def __init__(self, key: str, values: npt.NDArray[Any]) -> None:
        self.key = key
        self.values = values


class _Tensor:
    def __init__(self, stored: _Stored, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.parts: tuple[object, ...] = (stored, 0, shape, strides, False, OrderedDict())

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return _rebuild_tensor_v2, self.parts


def _rebuild_tensor_v2(*parts: object) -> object:
    return parts


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, _Stored):
            return ("storage", FloatStorage, obj.key, "cpu", obj.values.size)
        return None


def write_state_dict(
    path: Path,
    tensors: Mapping[str, npt.NDArray[Any]],
    *,
    shape: tuple[int, ...] | None = None,
    byte_order: bytes = b"little",
) -> Path:
    """A ``.pth`` with float32 ``tensors``; ``shape`` lies about the shape of all of them."""
    stored = {name: _Stored(str(key), value) for key, (name, value) in enumerate(tensors.items())}
    state = OrderedDict(
        (name, _Tensor(stored[name], shape or value.shape, _strides(shape or value.shape)))
        for name, value in tensors.items()
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", _pickled(state))
        archive.writestr("archive/byteorder", byte_order)
        for item in stored.values():
            archive.writestr(
                f"archive/data/{item.key}", np.ascontiguousarray(item.values).tobytes()
            )
    return path


def write_pickle(path: Path, value: object) -> Path:
    """A ``.pth`` whose pickle holds ``value``, whatever that does when it is loaded."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(value, 2))
    return path


def _pickled(state: object) -> bytes:
    """Pickle under PyTorch's names: pickle insists on finding them, so they exist meanwhile."""
    root, utilities = types.ModuleType("torch"), types.ModuleType("torch._utils")
    names: list[tuple[Any, types.ModuleType]] = [
        (FloatStorage, root),
        (_rebuild_tensor_v2, utilities),
    ]
    kept = [value.__module__ for value, _ in names]
    buffer = io.BytesIO()
    try:
        for value, module in names:
            value.__module__ = module.__name__
            setattr(module, value.__name__, value)
            sys.modules[module.__name__] = module
        _Pickler(buffer, 2).dump(state)
    finally:
        for (value, module), before in zip(names, kept, strict=True):
            value.__module__ = before
            del sys.modules[module.__name__]
    return buffer.getvalue()


def _strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    steps = [1]
    for extent in reversed(shape[1:]):
        steps.insert(0, steps[0] * extent)
    return tuple(steps[-len(shape) :]) if shape else ()
