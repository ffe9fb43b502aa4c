"""The REST target: Predict in column format, strings as base64, the article's readiness check."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from load_client.errors import CallError, InputError
from load_client.http_connection import HttpPlace
from load_client.target import Answer
from load_client.tensors import text_array
from load_client.tf_serving_rest import TfServingRest
from tests.container.load_client.scripted_server import Request, answer, serving


def target(place: HttpPlace | None = None, **options: Any) -> TfServingRest:
    place = place or HttpPlace(host="127.0.0.1", port=1)
    return TfServingRest(place=place, model="ssd resnet", timeout_seconds=5, **options)


def echo(request: Request) -> bytes:
    given = json.loads(request.body)
    return answer(json.dumps({"outputs": given["inputs"]}).encode())


def test_inputs_come_back_as_they_went() -> None:
    inputs = {
        "image": text_array([b"\xff\xd8 jpeg\0"], (1,)),
        "labels": text_array([b"a", b"b"], (1, 2)),
        "none": np.zeros((0, 3)),
        "numbers": np.array([[1.5, 2.5]]),
        "scalar": np.array(3),
        "flags": np.array([True, False]),
    }
    with serving(echo) as server:
        subject = target(server.place)
        connection = subject.connect()

        outputs = subject.decode(connection.call(subject.encode(inputs)))
        connection.close()

        request = server.requests[0]
    assert request.line == "POST /v1/models/ssd%20resnet:predict HTTP/1.1"
    assert json.loads(request.body)["signature_name"] == "serving_default"
    assert json.loads(request.body)["inputs"]["image"] == [{"b64": "/9gganBlZwA="}]
    assert {name: array.tolist() for name, array in outputs.items()} == {
        name: array.tolist() for name, array in inputs.items()
    }


def test_a_version_is_part_of_the_path() -> None:
    with serving(echo) as server:
        subject = target(server.place, version=3)
        connection = subject.connect()
        connection.call(subject.encode({"x": np.zeros(1)}))
        connection.close()

        assert server.requests[0].path == "/v1/models/ssd%20resnet/versions/3:predict"


def test_a_single_output_has_no_name_in_rest() -> None:
    outputs = target().decode(Answer(b'{"outputs": [[0.84, 0.74]]}'))

    assert outputs["output"].tolist() == [[0.84, 0.74]]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"outputs": {"a": [["x"], ["y", "z"]]}}', "are no arrays"),
        (b"<html>", "is not JSON"),
        (b"[1]", "is no JSON object"),
        (b'{"error": "x"}', "has no outputs"),
        (b'{"outputs": {"a": [[1], [1, 2]]}}', "are no arrays"),
        (b'{"outputs": {"a": [{"b": 1}]}}', "are no arrays"),
    ],
)
def test_decode_rejects(body: bytes, text: str) -> None:
    with pytest.raises(CallError, match=text) as caught:
        target().decode(Answer(body))

    assert caught.value.kind == "protocol"


def test_encode_names_the_input_that_json_cannot_say() -> None:
    with pytest.raises(InputError, match="input x is complex"):
        target().encode({"x": np.zeros(1, np.complex64)})


def test_an_error_has_its_status_and_the_servers_sentence() -> None:
    with serving(lambda _: answer(b'{"error": "Servable not found"}', 404)) as server:
        subject = target(server.place)
        connection = subject.connect()
        with pytest.raises(CallError, match="answered 404: Servable not found") as caught:
            connection.call(subject.encode({"x": np.zeros(1)}))
        connection.close()

    assert caught.value.kind == "http 404"


@pytest.mark.parametrize(
    ("state", "code", "ready"),
    [("AVAILABLE", "OK", True), ("LOADING", "OK", False), ("AVAILABLE", "UNKNOWN", False)],
)
def test_ready_means_available_without_an_error(state: str, code: str, ready: bool) -> None:
    version = {
        "version": "1",
        "state": state,
        "status": {"error_code": code, "error_message": ""},
    }
    body = json.dumps({"model_version_status": [version]}).encode()
    with serving(lambda _: answer(body)) as server:
        found = target(server.place).ready()

        assert server.requests[0].line == "GET /v1/models/ssd%20resnet HTTP/1.1"
    assert (found.ready, found.detail) == (ready, f"version 1 {state} {code}")


def test_a_server_that_does_not_know_the_model_is_an_error_to_ask_again() -> None:
    with (
        serving(lambda _: answer(b'{"error": "Could not find any versions"}', 404)) as server,
        pytest.raises(CallError, match="Could not find any versions"),
    ):
        target(server.place).ready()
