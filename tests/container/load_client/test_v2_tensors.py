"""KServe v2 tensors as bytes and as JSON, judged by Triton's own client library."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from load_client import v2_json
from load_client.errors import CallError, InputError
from load_client.tensors import text_array
from load_client.v2_tensors import NUMPY_TYPES, datatype_of, from_bytes, to_bytes

SHAPES = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


@given(data=st.data(), datatype=st.sampled_from(sorted(NUMPY_TYPES)))
def test_numbers_survive_the_round_trip_as_bytes(data: st.DataObject, datatype: str) -> None:
    array = data.draw(arrays.arrays(NUMPY_TYPES[datatype], SHAPES))

    found = from_bytes(to_bytes(array), datatype_of(array), array.shape)

    assert datatype_of(array) == datatype
    assert found.dtype == array.dtype
    assert np.array_equal(found, array, equal_nan=array.dtype.kind == "f")


@given(values=st.lists(st.binary(max_size=9), max_size=6))
def test_strings_survive_the_round_trip_as_bytes(values: list[bytes]) -> None:
    array = text_array(values, (len(values),))

    assert from_bytes(to_bytes(array), "BYTES", [len(values)]).tolist() == values


def test_bf16_becomes_float32() -> None:
    raw = np.array([0x3FC0, 0xC000], dtype="<u2").tobytes()

    assert from_bytes(raw, "BF16", [2]).tolist() == [1.5, -2.0]


def requests() -> dict[str, Any]:
    return {
        "X": np.arange(6, dtype=np.float32).reshape(2, 3),
        "T": text_array([b"one", b"two \xc3\xa9"], (2, 1)),
        "B": np.array([True, False]),
    }


@pytest.mark.parametrize("binary", [True, False])
def test_requests_say_what_tritons_client_says(binary: bool) -> None:
    given_inputs = []
    for name, array in requests().items():
        item = triton.InferInput(name, list(array.shape), datatype_of(array))
        item.set_data_from_numpy(array, binary_data=binary)
        given_inputs.append(item)
    theirs, size = triton.InferenceServerClient.generate_request_body(given_inputs)
    ours, header = (
        v2_json.encode_binary(requests()) if binary else (v2_json.encode_json(requests()), None)
    )

    their_json, our_json = json.loads(theirs[:size]), json.loads(ours[:header])
    assert our_json["inputs"] == their_json["inputs"]
    if binary:
        assert ours[header:] == theirs[size:]
        assert our_json["parameters"] == {"binary_data_output": True}


@pytest.mark.parametrize("nested", [True, False])
def test_json_answers_are_read_nested_or_flat(nested: bool) -> None:
    data: list[Any] = [[1.5, 2.5]] if nested else [1.5, 2.5]
    output = {"name": "Y", "datatype": "FP32", "shape": [1, 2], "data": data}

    outputs = v2_json.decode(json.dumps({"outputs": [output]}).encode(), None)

    assert outputs["Y"].tolist() == [[1.5, 2.5]]


def test_binary_answers_are_read_output_by_output() -> None:
    parts = [to_bytes(np.array([1, 2], np.int64)), to_bytes(text_array([b"label"], (1,)))]
    heads: list[dict[str, Any]] = [
        {"name": "N", "datatype": "INT64", "shape": [2]},
        {"name": "L", "datatype": "BYTES", "shape": [1]},
    ]
    for head, part in zip(heads, parts, strict=True):
        head["parameters"] = {"binary_data_size": len(part)}
    header = json.dumps({"outputs": heads}).encode()

    outputs = v2_json.decode(header + b"".join(parts), len(header))

    assert outputs["N"].tolist() == [1, 2]
    assert outputs["L"].tolist() == [b"label"]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b'{"error": "x"}',
        b'{"outputs": [{"name": "Y", "datatype": "FP32", "shape": [3], "data": [1]}]}',
        b'{"outputs": [{"name": "Y", "datatype": "FP31", "shape": [1], "data": [1]}]}',
        b'{"outputs": [{"name": "Y", "datatype": "UINT8", "shape": [1], "data": [-1]}]}',
    ],
)
def test_what_is_no_answer_is_a_protocol_error(body: bytes) -> None:
    with pytest.raises(CallError, match="no KServe v2 answer") as caught:
        v2_json.decode(body, None)

    assert caught.value.kind == "protocol"


@pytest.mark.parametrize(
    ("raw", "datatype", "shape", "text"),
    [
        (b"abc", "FP32", [1], "1 FP32 has 3 bytes"),
        (b"", "FP31", [0], "'FP31' cannot be read"),
        (b"\x01\x00", "BYTES", [1], "ends within a length"),
        (b"\x09\x00\x00\x00abc", "BYTES", [1], "ends within an element"),
        (b"\x01\x00\x00\x00a", "BYTES", [2], "2 BYTES has 1 elements"),
        (b"", "FP32", [-1], r"has shape \[-1\]"),
    ],
)
def test_bytes_that_do_not_fit_are_rejected(
    raw: bytes, datatype: str, shape: list[int], text: str
) -> None:
    with pytest.raises(CallError, match=text):
        from_bytes(raw, datatype, shape)


def test_encode_names_the_input_that_json_cannot_say() -> None:
    with pytest.raises(InputError, match="input X holds values that JSON cannot say"):
        v2_json.encode_json({"X": np.array([np.nan])})
    with pytest.raises(InputError, match="input T is not UTF-8"):
        v2_json.encode_json({"T": text_array([b"\xff"], (1,))})
    with pytest.raises(InputError, match="no type for numpy's complex64"):
        v2_json.encode_json({"X": np.zeros(1, np.complex64)})
