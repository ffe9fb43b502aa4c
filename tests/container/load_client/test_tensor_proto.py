"""Tensors as TensorFlow's protocol has them, judged by its official messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from load_client import tensor_proto
from load_client.errors import CallError, InputError
from load_client.tensors import Array
from load_client.tf_serving_messages import Tensor
from tests.container.load_client.official_tf_serving import DATA_TYPES, TensorProto

NUMBERS = [
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
]
OFFICIAL = {
    "bool": "DT_BOOL",
    "int8": "DT_INT8",
    "int16": "DT_INT16",
    "int32": "DT_INT32",
    "int64": "DT_INT64",
    "uint8": "DT_UINT8",
    "uint16": "DT_UINT16",
    "uint32": "DT_UINT32",
    "uint64": "DT_UINT64",
    "float16": "DT_HALF",
    "float32": "DT_FLOAT",
    "float64": "DT_DOUBLE",
    "complex64": "DT_COMPLEX64",
    "complex128": "DT_COMPLEX128",
}
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


def official(message: Any) -> Any:
    """Our message, read by the official class."""
    return TensorProto.FromString(message.SerializeToString())


def ours(message: Any) -> Any:
    """An official message, read by our class."""
    return Tensor.FromString(message.SerializeToString())


def same(left: Array, right: Array) -> bool:
    return (
        left.dtype == right.dtype
        and left.shape == right.shape
        and bool(np.array_equal(left, right, equal_nan=left.dtype.kind in "fc"))
    )


@given(data=st.data(), kind=st.sampled_from(NUMBERS))
def test_numbers_survive_the_round_trip_through_the_official_message(
    data: st.DataObject, kind: str
) -> None:
    array = data.draw(arrays.arrays(kind, SHAPES))

    message = official(tensor_proto.encode(array))

    assert message.dtype == DATA_TYPES[OFFICIAL[kind]].number
    assert [dim.size for dim in message.tensor_shape.dim] == list(array.shape)
    assert same(tensor_proto.decode(ours(message)), array)


@given(values=st.lists(st.binary(max_size=8) | st.just(b"zero at the end\0"), max_size=6))
def test_strings_survive_the_round_trip_byte_for_byte(values: list[bytes]) -> None:
    array = np.empty(len(values), dtype=object)
    array[:] = values

    message = official(tensor_proto.encode(array))

    assert list(message.string_val) == values
    assert tensor_proto.decode(ours(message)).tolist() == values


def test_text_is_sent_as_utf8() -> None:
    message = official(tensor_proto.encode(np.array([["é", "giraffe"]])))

    assert list(message.string_val) == ["é".encode(), b"giraffe"]
    assert [dim.size for dim in message.tensor_shape.dim] == [1, 2]


def test_a_big_endian_array_travels_little_endian() -> None:
    message = official(tensor_proto.encode(np.array([1.5], dtype=">f4")))

    assert message.tensor_content == np.array([1.5], dtype="<f4").tobytes()


FIELDS = [
    ("DT_FLOAT", "float_val", [1.5, -2.0], np.float32),
    ("DT_DOUBLE", "double_val", [1.5, -2.0], np.float64),
    ("DT_INT8", "int_val", [-1, 127], np.int8),
    ("DT_INT16", "int_val", [-1, 300], np.int16),
    ("DT_INT32", "int_val", [-1, 70000], np.int32),
    ("DT_UINT8", "int_val", [0, 255], np.uint8),
    ("DT_UINT16", "int_val", [0, 65535], np.uint16),
    ("DT_UINT32", "uint32_val", [0, 2**32 - 1], np.uint32),
    ("DT_INT64", "int64_val", [-(2**63), 2**63 - 1], np.int64),
    ("DT_UINT64", "uint64_val", [0, 2**64 - 1], np.uint64),
    ("DT_BOOL", "bool_val", [True, False], np.bool_),
    ("DT_QINT8", "int_val", [-128, 127], np.int8),
    ("DT_QUINT8", "int_val", [0, 255], np.uint8),
    ("DT_QINT16", "int_val", [-1, 1], np.int16),
    ("DT_QUINT16", "int_val", [0, 65535], np.uint16),
    ("DT_QINT32", "int_val", [-1, 1], np.int32),
]


@pytest.mark.parametrize(("name", "field", "values", "kind"), FIELDS, ids=lambda v: str(v)[:16])
def test_typed_fields_are_read(name: str, field: str, values: list[Any], kind: Any) -> None:
    message = TensorProto(dtype=DATA_TYPES[name].number)
    message.tensor_shape.dim.add(size=2)
    getattr(message, field).extend(values)

    assert same(tensor_proto.decode(ours(message)), np.array(values, dtype=kind))


@pytest.mark.parametrize(("name", "field", "values", "kind"), FIELDS, ids=lambda v: str(v)[:16])
def test_a_repeated_tail_that_was_left_out_is_filled_in(
    name: str, field: str, values: list[Any], kind: Any
) -> None:
    message = TensorProto(dtype=DATA_TYPES[name].number)
    message.tensor_shape.dim.add(size=2)
    message.tensor_shape.dim.add(size=3)
    getattr(message, field).extend(values)

    expected = np.array([values[0], *[values[1]] * 5], dtype=kind).reshape(2, 3)
    assert same(tensor_proto.decode(ours(message)), expected)


def test_half_and_bfloat16_come_as_bits_and_complex_as_pairs() -> None:
    half = TensorProto(dtype=DATA_TYPES["DT_HALF"].number, half_val=[0x3C00, 0xC000])
    brain = TensorProto(dtype=DATA_TYPES["DT_BFLOAT16"].number, half_val=[0x3FC0, 0xC000])
    pairs = TensorProto(dtype=DATA_TYPES["DT_COMPLEX64"].number, scomplex_val=[1, 2, 3, 4])
    double = TensorProto(dtype=DATA_TYPES["DT_COMPLEX128"].number, dcomplex_val=[1, 2, 3, 4])
    for message in (half, brain, pairs, double):
        message.tensor_shape.dim.add(size=2)

    found = [tensor_proto.decode(ours(message)) for message in (half, brain, pairs, double)]

    assert same(found[0], np.array([1, -2], np.float16))
    assert same(found[1], np.array([1.5, -2], np.float32))
    assert same(found[2], np.array([1 + 2j, 3 + 4j], np.complex64))
    assert same(found[3], np.array([1 + 2j, 3 + 4j], np.complex128))


def test_bfloat16_content_becomes_float32() -> None:
    content = np.array([0x3FC0], dtype="<u2").tobytes()
    message = TensorProto(dtype=DATA_TYPES["DT_BFLOAT16"].number, tensor_content=content)

    assert same(tensor_proto.decode(ours(message)), np.array(1.5, np.float32))


def test_a_message_without_values_holds_zeros_or_empty_strings() -> None:
    numbers = TensorProto(dtype=DATA_TYPES["DT_FLOAT"].number)
    numbers.tensor_shape.dim.add(size=3)
    texts = TensorProto(dtype=DATA_TYPES["DT_STRING"].number)
    texts.tensor_shape.dim.add(size=2)

    assert same(tensor_proto.decode(ours(numbers)), np.zeros(3, np.float32))
    assert tensor_proto.decode(ours(texts)).tolist() == [b"", b""]


def test_reference_types_are_their_types() -> None:
    message = TensorProto(dtype=DATA_TYPES["DT_FLOAT_REF"].number, float_val=[2.5])

    assert same(tensor_proto.decode(ours(message)), np.array(2.5, np.float32))


def too_many() -> Any:
    return TensorProto(dtype=DATA_TYPES["DT_FLOAT"].number, float_val=[1, 2])


def short_content() -> Any:
    return TensorProto(dtype=DATA_TYPES["DT_FLOAT"].number, tensor_content=b"abc")


def out_of_range() -> Any:
    return TensorProto(dtype=DATA_TYPES["DT_UINT8"].number, int_val=[-1])


def half_a_pair() -> Any:
    return TensorProto(dtype=DATA_TYPES["DT_COMPLEX64"].number, scomplex_val=[1])


def resource() -> Any:
    return TensorProto(dtype=DATA_TYPES["DT_RESOURCE"].number)


def unknown_rank() -> Any:
    message = TensorProto(dtype=DATA_TYPES["DT_FLOAT"].number)
    message.tensor_shape.unknown_rank = True
    return message


def unknown_size() -> Any:
    message = TensorProto(dtype=DATA_TYPES["DT_FLOAT"].number)
    message.tensor_shape.dim.add(size=-1)
    return message


def enormous() -> Any:
    message = TensorProto(dtype=DATA_TYPES["DT_FLOAT"].number, float_val=[1])
    message.tensor_shape.dim.add(size=2**60)
    return message


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (too_many, "a tensor of 1 elements has 2 values"),
        (short_content, "a tensor of 1 float32 has 3 bytes"),
        (out_of_range, "a value of a uint8 tensor is out of range"),
        (half_a_pair, "has half a value"),
        (resource, "type 20 cannot be read"),
        (unknown_rank, "no complete shape"),
        (unknown_size, "no complete shape"),
        (enormous, "too large to be true"),
    ],
)
def test_decode_rejects(make: Any, text: str) -> None:
    with pytest.raises(CallError, match=text) as caught:
        tensor_proto.decode(ours(make()))

    assert caught.value.kind == "protocol"


def test_encode_names_the_type_that_tensorflow_lacks() -> None:
    with pytest.raises(InputError, match="no type for numpy's datetime64"):
        tensor_proto.encode(np.array(["2026-11-21"], dtype="datetime64[D]"))
