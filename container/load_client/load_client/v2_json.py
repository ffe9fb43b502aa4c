"""KServe v2 requests and answers as JSON, with the tensors in it or as bytes behind it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from load_client.errors import PROTOCOL, CallError, InputError
from load_client.tensors import Array, Tensors, is_text, text_array, text_values
from load_client.v2_tensors import BF16, BYTES, NUMPY_TYPES, datatype_of, from_bytes, to_bytes

NOT_V2 = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading anything but v2 JSON raises."""


def encode_json(inputs: Tensors) -> bytes:
    """A request that is all JSON; raises `InputError` for strings that are not UTF-8."""
    return _dump(
        [_head(name, array) | {"data": _data(name, array)} for name, array in inputs.items()]
    )


def encode_binary(inputs: Tensors) -> tuple[bytes, int]:
    """A request whose tensors follow the JSON, and the JSON's size; outputs come alike."""
    heads, raws = [], []
    for name, array in inputs.items():
        raw = to_bytes(array)
        raws.append(raw)
        heads.append(_head(name, array) | {"parameters": {"binary_data_size": len(raw)}})
    header = _dump(heads, {"binary_data_output": True})
    return b"".join([header, *raws]), len(header)


def decode(body: bytes, header_size: int | None) -> dict[str, Array]:
    """The outputs; ``header_size`` is the JSON's size when bytes follow it.

    Raises `CallError` of kind ``protocol`` for anything but a v2 answer.
    """
    size = len(body) if header_size is None else header_size
    try:
        answer = json.loads(body[:size])
        outputs: dict[str, Array] = {}
        place = size
        for output in answer["outputs"]:
            length = output.get("parameters", {}).get("binary_data_size")
            if length is None:
                outputs[output["name"]] = _from_json(output)
            else:
                raw = body[place : place + length]
                place += length
                outputs[output["name"]] = from_bytes(raw, output["datatype"], output["shape"])
    except NOT_V2 as error:
        shown = body[:200]
        raise CallError(PROTOCOL, f"the answer is no KServe v2 answer: {shown!r}") from error
    return outputs


def read_request(data: bytes) -> dict[str, Array]:
    """The inputs of a v2 request that is all JSON; raises one of NOT_V2."""
    inputs = {item["name"]: _from_json(item) for item in json.loads(data)["inputs"]}
    if not all(isinstance(name, str) for name in inputs):
        raise TypeError("a name must be a string")
    return inputs


def _head(name: str, array: Array) -> dict[str, Any]:
    return {"name": name, "shape": list(array.shape), "datatype": datatype_of(array)}


def _data(name: str, array: Array) -> list[Any]:
    if not is_text(array):
        values: list[Any] = array.reshape(-1).tolist()
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise InputError([f"input {name} holds values that JSON cannot say; send it as binary"])
        return values
    try:
        return [text.decode() for text in text_values(array)]
    except UnicodeDecodeError as error:
        raise InputError([f"input {name} is not UTF-8; send it as binary"]) from error


def _dump(inputs: list[dict[str, Any]], parameters: dict[str, Any] | None = None) -> bytes:
    request: dict[str, Any] = {"parameters": parameters} if parameters else {}
    return json.dumps(request | {"inputs": inputs}, separators=(",", ":")).encode()


def _from_json(item: dict[str, Any]) -> Array:
    shape = tuple(item["shape"])
    if min(shape, default=0) < 0:
        raise ValueError(f"a tensor has shape {list(shape)}")
    if item["datatype"] == BYTES:
        texts = [str(text).encode() for text in _flat(item["data"])]
        return text_array(texts, shape)
    kind = "float32" if item["datatype"] == BF16 else NUMPY_TYPES[item["datatype"]]
    return np.array(_flat(item["data"]), dtype=kind).reshape(shape)


def _flat(data: list[Any]) -> list[Any]:
    """The protocol allows nested or flat data."""
    values: list[Any] = []
    for item in data:
        if isinstance(item, list):
            values += _flat(item)
        else:
            values.append(item)
    return values
