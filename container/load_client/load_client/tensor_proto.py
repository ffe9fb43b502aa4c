"""numpy arrays as TensorFlow's ``TensorProto`` and back, without TensorFlow."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from load_client.errors import PROTOCOL, CallError, InputError
from load_client.tensors import Array, is_text, text_array, text_values
from load_client.tf_serving_messages import Tensor

STRING: Final = 7
BFLOAT16: Final = 14
HALF: Final = 19
_REFERENCE: Final = 100
"""``DT_FLOAT_REF`` is ``DT_FLOAT`` + 100, and so on; it never differs in a message."""
_MOST_ELEMENTS: Final = 2**31
"""A message is at most 2 GiB, and a left-out tail must not make it a hundred times that."""
_TYPES: Final = {
    1: ("float32", "float_val"),
    2: ("float64", "double_val"),
    3: ("int32", "int_val"),
    4: ("uint8", "int_val"),
    5: ("int16", "int_val"),
    6: ("int8", "int_val"),
    8: ("complex64", "scomplex_val"),
    9: ("int64", "int64_val"),
    10: ("bool", "bool_val"),
    11: ("int8", "int_val"),
    12: ("uint8", "int_val"),
    13: ("int32", "int_val"),
    BFLOAT16: ("uint16", "half_val"),
    15: ("int16", "int_val"),
    16: ("uint16", "int_val"),
    17: ("uint16", "int_val"),
    18: ("complex128", "dcomplex_val"),
    HALF: ("float16", "half_val"),
    22: ("uint32", "uint32_val"),
    23: ("uint64", "uint64_val"),
}
"""``DataType``: numpy type and typed field. Quantised types are their integers."""
_QUANTISED: Final = {11, 12, 13, 15, 16}
_NUMBERS: Final = {
    kind: number
    for number, (kind, _) in _TYPES.items()
    if number not in _QUANTISED and number != BFLOAT16
}


def encode(array: Array) -> Any:
    """The message with ``tensor_content``, or ``string_val`` for strings.

    Raises `InputError` for types that TensorFlow has not.
    """
    message = Tensor()
    for size in array.shape:
        message.tensor_shape.dim.add(size=size)
    # the message of a scalar has a shape, without dimensions
    message.tensor_shape.SetInParent()
    if is_text(array):
        message.dtype = STRING
        message.string_val.extend(text_values(array))
        return message
    number = _NUMBERS.get(array.dtype.name)
    if number is None:
        raise InputError([f"TensorFlow has no type for numpy's {array.dtype.name}"])
    message.dtype = number
    message.tensor_content = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    return message


def decode(message: Any) -> Array:
    """The array; bfloat16 becomes float32, which holds it exactly.

    Raises `CallError` of kind ``protocol`` for unknown types and for contents that do not fit.
    """
    number = message.dtype - _REFERENCE if message.dtype > _REFERENCE else message.dtype
    shape = tuple(dim.size for dim in message.tensor_shape.dim)
    if message.tensor_shape.unknown_rank or min(shape, default=0) < 0:
        raise CallError(PROTOCOL, "a tensor has no complete shape")
    count = math.prod(shape)
    if count > _MOST_ELEMENTS:
        raise CallError(PROTOCOL, f"a tensor of shape {list(shape)} is too large to be true")
    if number == STRING:
        values = _whole(list(message.string_val), count, b"")
        return text_array(values, shape)
    if number not in _TYPES:
        raise CallError(PROTOCOL, f"tensors of TensorFlow's type {number} cannot be read")
    kind, field = _TYPES[number]
    if message.tensor_content:
        array = _from_content(message.tensor_content, np.dtype(kind), count)
    else:
        array = _from_field(list(getattr(message, field)), number, np.dtype(kind), count)
    if number == BFLOAT16:
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return array.reshape(shape)


def _from_content(content: bytes, kind: np.dtype[Any], count: int) -> Array:
    if len(content) != count * kind.itemsize:
        text = f"a tensor of {count} {kind.name} has {len(content)} bytes"
        raise CallError(PROTOCOL, text)
    return np.frombuffer(content, kind.newbyteorder("<")).astype(kind)


def _from_field(values: list[Any], number: int, kind: np.dtype[Any], count: int) -> Array:
    if kind.kind == "c":
        if len(values) % 2:
            raise CallError(PROTOCOL, f"a {kind.name} tensor has half a value")
        parts = np.array(values, dtype=np.dtype(f"f{kind.itemsize // 2}"))
        values = list(parts.view(kind))
    stored = np.dtype(np.uint16) if number == HALF else kind
    try:
        array = np.array(_whole(values, count, 0), dtype=stored)
    except (OverflowError, ValueError) as error:
        raise CallError(PROTOCOL, f"a value of a {kind.name} tensor is out of range") from error
    return array.view(kind)


def _whole(values: list[Any], count: int, nothing: Any) -> list[Any]:
    """The elements with the repeated tail that TensorFlow leaves out."""
    if len(values) > count:
        raise CallError(PROTOCOL, f"a tensor of {count} elements has {len(values)} values")
    return values + [values[-1] if values else nothing] * (count - len(values))
