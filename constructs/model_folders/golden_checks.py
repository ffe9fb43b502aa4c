"""What keeps a golden from being asked or compared, found before anything is deployed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from typing import Any

from golden_answers import AnswerFormatError, Protocol, flat, read_answer

# docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
LARGEST_REQUEST_BYTES = 6_291_456
"""What InvokeEndpoint takes."""


def request_problem(body: bytes, *, of_endpoint: bool) -> str | None:
    """Why ``body`` cannot be sent, None where it can; what to do about it in brackets."""
    try:
        json.loads(body)
    except ValueError as error:
        return f"must be JSON, got {error} (correct it)"
    if of_endpoint and len(body) > LARGEST_REQUEST_BYTES:
        return (
            f"must have at most {LARGEST_REQUEST_BYTES:,} bytes, which is what InvokeEndpoint"
            f" takes, got {len(body):,} (ask with a smaller batch)"
        )
    return None


def answer_problem(body: bytes, protocol: Protocol) -> str | None:
    """Why no answer can be compared with ``body``, None where one can."""
    try:
        outputs = read_answer(protocol, body)["outputs"]
        if not outputs:
            raise AnswerFormatError("the answer names no output")
        if protocol == "kserve-v2":
            _check_tensors(outputs)
    except AnswerFormatError as error:
        return f"must be an answer of {protocol}, got: {error} (record it again)"
    return None


def _check_tensors(outputs: list[Any]) -> None:
    for position, output in enumerate(outputs):
        place = f"outputs[{position}]"
        tensor = output if isinstance(output, Mapping) else {}
        shape = tensor.get("shape")
        if not isinstance(tensor.get("name"), str):
            raise AnswerFormatError(f"{place} has no name")
        if not isinstance(shape, list) or not all(_is_size(size) for size in shape):
            raise AnswerFormatError(f"{place} has no shape of whole numbers")
        if not isinstance(tensor.get("data"), list):
            raise AnswerFormatError(f"{place} has no list of data; a binary answer is none")
        elements = len(flat(tensor["data"]))
        if elements != prod(shape):
            raise AnswerFormatError(f"{place} has {elements} elements and the shape {shape}")


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
