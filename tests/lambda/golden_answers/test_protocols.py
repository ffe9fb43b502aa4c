"""Answers of both protocols become one form, and what is no answer is named."""

from __future__ import annotations

import json

import pytest

from golden_answers import AnswerFormatError, Protocol, compare, read_answer, request_path


def test_requests_go_where_each_server_takes_them() -> None:
    assert request_path("kserve-v2", "minilm") == "/v2/models/minilm/infer"
    assert request_path("tf-serving-rest", "resnet50") == "/v1/models/resnet50:predict"


@pytest.mark.parametrize(
    ("body", "outputs"),
    [
        (
            {"predictions": [[1, 2], [3, 4]]},
            [{"name": "predictions", "shape": [2, 2], "data": [[1, 2], [3, 4]]}],
        ),
        (
            {"predictions": [{"b": 1, "a": [2, 3]}, {"b": 4, "a": [5, 6]}]},
            [
                {"name": "a", "shape": [2, 2], "data": [[2, 3], [5, 6]]},
                {"name": "b", "shape": [2], "data": [1, 4]},
            ],
        ),
        ({"outputs": {"y": [[1]]}}, [{"name": "y", "shape": [1, 1], "data": [[1]]}]),
        ({"outputs": 7}, [{"name": "outputs", "shape": [], "data": [7]}]),
    ],
)
def test_tensorflow_servings_forms_are_tensors(body: object, outputs: object) -> None:
    assert read_answer("tf-serving-rest", json.dumps(body).encode()) == {"outputs": outputs}


def test_a_wrong_row_of_tensorflow_serving_is_found() -> None:
    golden = read_answer("tf-serving-rest", b'{"predictions": [{"p": 0.5, "c": "cat"}]}')
    answer = read_answer("tf-serving-rest", b'{"predictions": [{"p": 0.7, "c": "cat"}]}')

    found = compare(golden, answer, max_absolute_error=0.1, minimum_cosine=None)

    assert found.problem == "output p[0] is 0.7, golden is 0.5: differs by 0.2, allowed is 0.1"


@pytest.mark.parametrize(
    ("protocol", "body", "message"),
    [
        ("kserve-v2", b"<html>", "the answer is not a JSON object: '<html>'"),
        ("kserve-v2", b'{"error": "x"}', "the answer has no list of outputs, only error"),
        ("tf-serving-rest", b"{}", "the answer has no predictions or outputs, only nothing"),
    ],
)
def test_what_is_no_answer_is_named(protocol: Protocol, body: bytes, message: str) -> None:
    with pytest.raises(AnswerFormatError) as caught:
        read_answer(protocol, body)

    assert str(caught.value) == message
