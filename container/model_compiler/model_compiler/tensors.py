"""Golden inputs as arrays, and how far two sets of outputs are from each other."""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model_compiler.contract import OutputComparison
from model_compiler.errors import InputError

Array = npt.NDArray[Any]
# https://kserve.github.io/website/docs/reference/inference-protocol/v2: tensor data types
_DTYPES: Mapping[str, type] = {
    "BOOL": np.bool_,
    "UINT8": np.uint8,
    "INT8": np.int8,
    "INT32": np.int32,
    "INT64": np.int64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
}


def read_request(path: Path) -> dict[str, Array]:
    """The inputs of a KServe v2 request; text and bytes are arrays of ``bytes`` objects."""
    try:
        inputs = json.loads(path.read_bytes())["inputs"]
        return {str(tensor["name"]): _array(tensor) for tensor in inputs}
    except (ValueError, OverflowError, KeyError, TypeError, zlib.error) as error:
        raise InputError(
            f"the request to verify with must be KServe v2 JSON: {type(error).__name__}: {error}"
        ) from error


def _array(tensor: Mapping[str, Any]) -> Array:
    shape, kind = tensor["shape"], tensor["datatype"]
    if kind == "BYTES":
        values = np.empty(len(tensor["data"]), dtype=object)
        values[:] = [_bytes(item) for item in tensor["data"]]
        return values.reshape(shape)
    if kind not in _DTYPES:
        raise ValueError(f"datatype {kind!r} of {tensor['name']} is none of {', '.join(_DTYPES)}")
    data = tensor["data"]
    if isinstance(data, dict):
        return np.frombuffer(_unpacked(data["zlib"], shape, kind), _DTYPES[kind]).reshape(shape)
    return np.array(data, dtype=_DTYPES[kind]).reshape(shape)


def _unpacked(text: str, shape: Sequence[int], kind: str) -> bytes:
    """A picture as numbers is megabytes of JSON: ours may be base64 of zlib of little-endian."""
    wanted = math.prod(shape) * np.dtype(_DTYPES[kind]).itemsize
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(base64.b64decode(text, validate=True), wanted + 1)
    if len(data) != wanted:
        raise ValueError(f"packed data of shape {list(shape)} must be {wanted} bytes of {kind}")
    return data


def _bytes(item: Any) -> bytes:
    """Text as UTF-8; what is no text is ``{"b64": ...}``, as TensorFlow Serving writes it."""
    if isinstance(item, str):
        return item.encode()
    return base64.b64decode(item["b64"], validate=True)


def with_rows(values: Array, rows: int) -> Array:
    """``values`` with exactly ``rows`` rows: the first ones, or all of them again and again.

    Raises `InputError` for values without any row to repeat.
    """
    if values.ndim == 0 or len(values) == 0:
        raise InputError(
            f"the inputs of the request to verify with must have rows, got shape"
            f" {list(values.shape)}"
        )
    repeats = -(-rows // len(values))
    return np.concatenate([values] * repeats)[:rows]


def compare_outputs(
    expected: Mapping[str, Array], got: Mapping[str, Array]
) -> tuple[list[OutputComparison], list[str]]:
    """Each output's distance, in the order of ``expected``, and what cannot be compared."""
    found: list[OutputComparison] = []
    problems: list[str] = []
    for name, wanted in expected.items():
        values = got.get(name)
        if values is None:
            problems.append(f"output {name} is missing, got {', '.join(sorted(got)) or 'none'}")
        elif values.shape != wanted.shape:
            problems.append(
                f"output {name} has shape {list(values.shape)}, uncompiled {list(wanted.shape)}"
            )
        else:
            found.append(_distance(name, wanted, values))
    return found, problems


def _distance(name: str, wanted: Array, values: Array) -> OutputComparison:
    left = wanted.astype(np.float64).ravel()
    right = values.astype(np.float64).ravel()
    error = float(np.max(np.abs(left - right))) if left.size else 0.0
    return OutputComparison(
        name=name,
        # a NaN is as far away as anything, and must not pass a comparison that it makes false
        max_absolute_error=error if not math.isnan(error) else math.inf,
        cosine=_cosine(left, right),
    )


def _cosine(left: Array, right: Array) -> float:
    norms = float(np.linalg.norm(left)) * float(np.linalg.norm(right))
    if norms == 0:
        return 1.0 if bool(np.array_equal(left, right)) else 0.0
    cosine = float(np.dot(left, right)) / norms
    return cosine if math.isfinite(cosine) else 0.0
