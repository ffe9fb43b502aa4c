"""The KServe v2 data types, and tensors as raw bytes.

Source: github.com/kserve/open-inference-protocol specification/protocol, binary tensor data
extension: github.com/triton-inference-server/server docs/protocol/extension_binary_data.md
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Final

import numpy as np

from load_client.errors import PROTOCOL, CallError, InputError
from load_client.tensors import Array, is_text, text_array, text_values

BYTES: Final = "BYTES"
BF16: Final = "BF16"
NUMPY_TYPES: Final = {
    "BOOL": "bool",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
}
_NAMES: Final = {kind: name for name, kind in NUMPY_TYPES.items()}


def datatype_of(array: Array) -> str:
    """The v2 name of an array's type; raises `InputError` when there is none."""
    if is_text(array):
        return BYTES
    try:
        return _NAMES[array.dtype.name]
    except KeyError as error:
        raise InputError([f"KServe v2 has no type for numpy's {array.dtype.name}"]) from error


def to_bytes(array: Array) -> bytes:
    """Row-major, little-endian; strings with their length in front."""
    if is_text(array):
        return b"".join(struct.pack("<I", len(text)) + text for text in text_values(array))
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()


def from_bytes(raw: bytes, datatype: str, shape: Sequence[int]) -> Array:
    """The array; BF16 becomes float32. Raises `CallError` when bytes, type and shape disagree."""
    count = math.prod(shape)
    if min(shape, default=0) < 0:
        raise CallError(PROTOCOL, f"a tensor has shape {list(shape)}")
    if datatype == BYTES:
        return text_array(_split_texts(raw, count), tuple(shape))
    kind = "uint16" if datatype == BF16 else NUMPY_TYPES.get(datatype)
    if kind is None:
        raise CallError(PROTOCOL, f"tensors of type {datatype!r} cannot be read")
    if len(raw) != count * np.dtype(kind).itemsize:
        raise CallError(PROTOCOL, f"a tensor of {count} {datatype} has {len(raw)} bytes")
    array: Array = np.frombuffer(raw, np.dtype(kind).newbyteorder("<")).astype(kind)
    if datatype == BF16:
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return array.reshape(shape)


def _split_texts(raw: bytes, count: int) -> list[bytes]:
    texts = []
    place = 0
    while place < len(raw):
        if place + 4 > len(raw):
            raise CallError(PROTOCOL, "a BYTES tensor ends within a length")
        (size,) = struct.unpack_from("<I", raw, place)
        place += 4
        if place + size > len(raw):
            raise CallError(PROTOCOL, "a BYTES tensor ends within an element")
        texts.append(raw[place : place + size])
        place += size
    if len(texts) != count:
        raise CallError(PROTOCOL, f"a tensor of {count} BYTES has {len(texts)} elements")
    return texts
