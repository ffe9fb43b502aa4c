"""What servers speak over HTTP: where a request goes, and their answers in one common form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias, cast, get_args

Protocol: TypeAlias = Literal["kserve-v2", "tf-serving-rest"]
PROTOCOLS: Final[tuple[str, ...]] = get_args(Protocol)
_LONGEST_QUOTE: Final = 200


class AnswerFormatError(ValueError):
    """The body is not an answer of this protocol; the message says what it is."""


def request_path(protocol: Protocol, model: str) -> str:
    """Where an inference request for ``model`` is posted.

    Sources: kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol and
    www.tensorflow.org/tfx/serving/api_rest#predict_api
    """
    return f"/v2/models/{model}/infer" if protocol == "kserve-v2" else f"/v1/models/{model}:predict"


def read_answer(protocol: Protocol, body: bytes) -> Mapping[str, Any]:
    """The answer as ``{"outputs": [{"name", "shape", "data"}]}``; raises `AnswerFormatError`.

    TensorFlow Serving leaves names out where there is one output; it is called ``predictions`` or
    ``outputs`` then, after the member that holds it.
    """
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        shown = body[:_LONGEST_QUOTE].decode("utf-8", errors="replace")
        raise AnswerFormatError(f"the answer is not a JSON object: {shown!r}")
    answer = cast("dict[str, Any]", value)
    if protocol == "kserve-v2":
        if not isinstance(answer.get("outputs"), list):
            raise AnswerFormatError(f"the answer has no list of outputs, only {_keys(answer)}")
        return answer
    if "predictions" in answer:
        return {"outputs": _tensors("predictions", _columns(answer["predictions"]))}
    if "outputs" in answer:
        return {"outputs": _tensors("outputs", answer["outputs"])}
    raise AnswerFormatError(f"the answer has no predictions or outputs, only {_keys(answer)}")


def _columns(rows: object) -> object:
    """Row format with named outputs turned into columns: one tensor for each name."""
    listed = _listed(rows)
    if not listed or not all(isinstance(row, dict) for row in listed):
        return rows
    named = cast("list[dict[str, Any]]", listed)
    return {name: [row.get(name) for row in named] for name in named[0]}


def _listed(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _tensors(member: str, value: object) -> list[dict[str, Any]]:
    named = cast("dict[str, Any]", value) if isinstance(value, dict) else {member: value}
    return [
        {"name": name, "shape": _shape(data), "data": data if isinstance(data, list) else [data]}
        for name, data in sorted(named.items())
    ]


def _shape(data: object) -> list[int]:
    shape: list[int] = []
    while isinstance(data, list):
        listed = cast("list[object]", data)
        shape.append(len(listed))
        data = listed[0] if listed else None
    return shape


def _keys(answer: Mapping[str, Any]) -> str:
    return ", ".join(sorted(answer)) or "nothing"
