"""Reads a PyTorch state dict (``.pth``) without PyTorch, and without trusting the file.

Such a file is a zip archive with a pickle that refers to raw buffers. A pickle can call anything,
so the reader knows the three names that state dicts are made of and refuses every other.
https://github.com/pytorch/pytorch/blob/main/torch/serialization.py
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inferctl.exporters.graph import Array
from inferctl.exporters.origin import ExportError


@dataclass(frozen=True)
class _StorageType:
    dtype: str


_STORAGE_TYPES = {
    "FloatStorage": _StorageType("<f4"),
    "HalfStorage": _StorageType("<f2"),
    "LongStorage": _StorageType("<i8"),
    "IntStorage": _StorageType("<i4"),
}


def read_state_dict(path: Path) -> dict[str, Array]:
    """The tensors by name, as read-only arrays over the file's buffers.

    Raises ExportError if the file is no state dict, or names anything that could run code.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
            if len(pickles) != 1:
                raise ExportError(f"{path} must hold one data.pkl, got {len(pickles)}")
            root = pickles[0].removesuffix("data.pkl")
            _check_byte_order(archive, root)
            with archive.open(pickles[0]) as stream:
                state = _StateDictUnpickler(stream, archive, f"{root}data/").load()
    except zipfile.BadZipFile as error:
        raise ExportError(
            f"{path} must be a zip archive, as PyTorch writes since 1.6: {error}"
        ) from error
    except (pickle.UnpicklingError, EOFError, KeyError, TypeError, ValueError) as error:
        raise ExportError(f"{path} must be a state dict: {error}") from error
    if not isinstance(state, dict) or not all(isinstance(v, np.ndarray) for v in state.values()):
        raise ExportError(f"{path} must hold a mapping of names to tensors")
    return dict(state)


class _StateDictUnpickler(pickle.Unpickler):
    def __init__(self, stream: Any, archive: zipfile.ZipFile, buffers: str) -> None:
        super().__init__(stream)
        self._archive = archive
        self._buffers = buffers

    def find_class(self, module: str, name: str) -> Any:
        allowed: dict[tuple[str, str], Callable[..., Any]] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch._utils", "_rebuild_parameter"): _parameter,
        }
        if module == "torch" and name in _STORAGE_TYPES:
            return _STORAGE_TYPES[name]
        if (module, name) not in allowed:
            raise pickle.UnpicklingError(f"refused the global {module}.{name}")
        return allowed[module, name]

    def persistent_load(self, pid: Any) -> Array:
        kind, storage_type, key, _, count = pid
        if kind != "storage" or not isinstance(storage_type, _StorageType):
            raise pickle.UnpicklingError(f"refused the reference {pid!r}")
        values = np.frombuffer(self._archive.read(self._buffers + key), storage_type.dtype)
        if values.size != count:
            raise pickle.UnpicklingError(f"buffer {key} must hold {count} values: {values.size}")
        return values


def _tensor(
    storage: Array,
    offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    requires_grad: bool,
    backward_hooks: object,
) -> Array:
    del requires_grad, backward_hooks
    last = offset + sum((extent - 1) * step for extent, step in zip(size, stride, strict=True))
    if offset < 0 or min((*size, *stride, 0)) < 0 or (0 not in size and last >= storage.size):
        raise pickle.UnpicklingError(f"a tensor of size {size} reaches beyond its buffer")
    bytes_apart = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(
        storage[offset:], shape=size, strides=bytes_apart, writeable=False
    )


def _parameter(tensor: Array, requires_grad: bool, backward_hooks: object) -> Array:
    del requires_grad, backward_hooks
    return tensor


def _check_byte_order(archive: zipfile.ZipFile, root: str) -> None:
    name = f"{root}byteorder"
    if name in archive.namelist() and archive.read(name) != b"little":
        raise ExportError(f"{archive.filename} must be little-endian")
