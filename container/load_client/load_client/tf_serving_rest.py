"""TensorFlow Serving over REST: ``POST /v1/models/<name>:predict``.

Source: www.tensorflow.org/tfx/serving/api_rest. Strings travel as ``{"b64": ...}``.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

import numpy as np

from load_client.errors import PROTOCOL, CallError, InputError
from load_client.http_connection import HttpPlace
from load_client.http_json import JSON, PostConnection, get, json_object, status_error
from load_client.readiness import version_state
from load_client.target import Answer, Connection, Payload, Readiness
from load_client.tensors import Array, Tensors, is_text, text_array, text_values


@dataclass(frozen=True, kw_only=True)
class TfServingRest:
    """Column format (``inputs``/``outputs``), which has scalars and differing batch sizes too."""

    kind: ClassVar[str] = "tf-serving-rest"
    place: HttpPlace
    model: str
    version: int | None = None
    signature: str = "serving_default"
    timeout_seconds: float = 60.0

    @property
    def address(self) -> str:
        """As `Target.address`."""
        return f"{self.kind}://{self.place.host_and_port}"

    def connect(self) -> Connection:
        """As `Target.connect`."""
        path = f"{self._model_path}:predict"
        return PostConnection(self.place, path, timeout_seconds=self.timeout_seconds)

    def encode(self, inputs: Tensors) -> Payload:
        """As `Target.encode`."""
        values = {name: _to_json(name, array) for name, array in inputs.items()}
        request = {"signature_name": self.signature, "inputs": values}
        return Payload(json.dumps(request, separators=(",", ":")).encode(), JSON)

    def decode(self, answer: Answer) -> dict[str, Array]:
        """As `Target.decode`; a single output has no name in REST and is called ``output``."""
        outputs = json_object(answer.body).get("outputs")
        if outputs is None:
            raise CallError(PROTOCOL, f"the answer has no outputs: {answer.body[:200]!r}")
        named = outputs if isinstance(outputs, dict) and "b64" not in outputs else None
        named = {"output": outputs} if named is None else named
        try:
            return {name: _from_json(value) for name, value in named.items()}
        except ValueError as error:
            raise CallError(PROTOCOL, f"the outputs are no arrays: {error}") from error

    def ready(self) -> Readiness:
        """``GET /v1/models/<name>``, the article's check."""
        status, body = get(self.place, self._model_path, timeout_seconds=self.timeout_seconds)
        if status != 200:
            raise status_error(self.place, status, body)
        return version_state(json_object(body))

    @property
    def _model_path(self) -> str:
        version = "" if self.version is None else f"/versions/{self.version}"
        return f"/v1/models/{quote(self.model, safe='')}{version}"


def _to_json(name: str, array: Array) -> Any:
    if is_text(array):
        items = [{"b64": base64.b64encode(text).decode()} for text in text_values(array)]
        nested = np.empty(len(items), dtype=object)
        nested[:] = items
        return nested.reshape(array.shape).tolist()
    if array.dtype.kind == "c":
        raise InputError([f"input {name} is complex, which REST cannot say; use tf-serving-grpc"])
    return array.tolist()


def _from_json(value: Any) -> Array:
    """An array of numbers, or of strings; raises ValueError for anything else."""
    texts: list[bytes] = []
    shape = _gather_texts(value, texts)
    if texts:
        return text_array(texts, shape)
    array = np.array(value)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{str(value)[:40]} holds neither numbers nor strings")
    return array


def _gather_texts(value: Any, texts: list[bytes]) -> tuple[int, ...]:
    """Append the strings of a nested list and return its shape; lists of numbers hold none."""
    if isinstance(value, str):
        texts.append(value.encode())
    elif isinstance(value, dict) and set(value) == {"b64"}:
        texts.append(base64.b64decode(value["b64"]))
    elif isinstance(value, list):
        if value and isinstance(value[0], int | float):
            return ()
        inner = {_gather_texts(item, texts) for item in value}
        if len(inner) > 1:
            raise ValueError("the lists of strings differ in length")
        return (len(value), *(inner.pop() if inner else ()))
    return ()
