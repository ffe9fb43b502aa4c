"""Inputs from the command line: a request file, made-up tensors, or the bytes of a file."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from load_client import v2_json
from load_client.errors import InputError
from load_client.tensors import MOST_ELEMENTS, Array, text_array
from load_client.v2_tensors import BYTES, NUMPY_TYPES

_MADE_UP = re.compile(r"([A-Z0-9]+):(\d+(?:,\d+)*)?")
_TEXT = b"A man is eating food."
_SEED = 1


def read_inputs(request: Path | None, given: Sequence[str]) -> dict[str, Array]:
    """The inputs of a v2 JSON request, with those of ``NAME=...`` added.

    ``NAME=FP32:1,3,224,224`` is made up (the same numbers each time), ``NAME=@FILE`` holds a file's
    bytes as one string of shape (1,), ``NAME=FILE.npy`` an array. Raises `InputError` with every
    problem.
    """
    problems: list[str] = []
    inputs: dict[str, Array] = {}
    if request is not None:
        try:
            inputs.update(v2_json.read_request(request.read_bytes()))
        except OSError as error:
            problems.append(f"--request {request}: {error.strerror or error}")
        except v2_json.NOT_V2 as error:
            problems.append(f"--request {request}: is no KServe v2 JSON request ({error!r})")
    for text in given:
        name, equals, value = text.partition("=")
        if not name or not equals:
            problems.append(f"--input {text!r} must be NAME=TYPE:SHAPE, NAME=@FILE or NAME=X.npy")
            continue
        try:
            inputs[name] = _input(value)
        except InputError as error:
            problems += [f"--input {name}: {problem}" for problem in error.problems]
        except (OSError, ValueError, EOFError, BadZipFile) as error:
            problems.append(f"--input {name}: {error}")
    if not inputs and not problems:
        problems.append("no inputs: give --request FILE or --input NAME=...")
    if problems:
        raise InputError(problems)
    return inputs


def _input(value: str) -> Array:
    if value.startswith("@"):
        return text_array([Path(value[1:]).read_bytes()], (1,))
    if value.endswith(".npy"):
        array = np.load(value, allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise InputError([f"{value} holds several arrays"])
        return array
    made_up = _MADE_UP.fullmatch(value)
    if made_up is None:
        raise InputError([f"must be TYPE:SHAPE such as FP32:1,224,224,3, got {value!r}"])
    return _made_up(made_up[1], [int(size) for size in (made_up[2] or "").split(",") if size])


def _made_up(datatype: str, shape: list[int]) -> Array:
    if max(math.prod(shape), *shape, 0) > MOST_ELEMENTS:
        raise InputError([f"must have at most {MOST_ELEMENTS:,} elements, got shape {shape}"])
    chance = np.random.default_rng(_SEED)
    if datatype == BYTES:
        return text_array([_TEXT] * math.prod(shape), tuple(shape))
    if datatype not in NUMPY_TYPES:
        known = ", ".join([BYTES, *NUMPY_TYPES])
        raise InputError([f"type must be one of {known}, got {datatype!r}"])
    kind = np.dtype(NUMPY_TYPES[datatype])
    if kind.kind == "f":
        return chance.random(shape).astype(kind)
    return chance.integers(0, 2 if kind.kind == "b" else 100, shape).astype(kind)
