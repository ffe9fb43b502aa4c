"""The gRPC target against a server on TensorFlow Serving's official descriptors."""

from __future__ import annotations

import time
from typing import Any

import grpc  # type: ignore[import-untyped,unused-ignore]
import numpy as np
import pytest

from load_client.errors import CallError
from load_client.http_connection import HttpPlace
from load_client.target import Answer, Payload
from load_client.tensors import Array, text_array
from load_client.tf_serving_grpc import TfServingGrpc
from tests.container.load_client.official_tf_serving import (
    DATA_TYPES,
    STATES,
    GetModelStatusResponse,
    PredictResponse,
    official_server,
)

INPUTS: dict[str, Array] = {
    "float32": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "int64": np.arange(5),
    "scalar": np.array(3.5),
    "empty": np.zeros((0, 3), np.float32),
    "bool": np.array([True, False]),
    "half": np.array([1.5], np.float16),
    "strings": text_array([b"a", b"\xff\x00z\x00"], (2,)),
    "text": text_array([b"one"], ()),
}


def target(port: int, **options: Any) -> TfServingGrpc:
    place = HttpPlace(host="127.0.0.1", port=port)
    return TfServingGrpc(place=place, model="ssdresnet", timeout_seconds=5, **options)


def echo(request: Any, context: Any) -> Any:
    """Every input as an output, and one output whose repeated tail is left out."""
    if request.model_spec.name != "ssdresnet":
        context.abort(grpc.StatusCode.NOT_FOUND, "Servable not found for request")
    response = PredictResponse()
    for name, tensor in request.inputs.items():
        response.outputs[name].CopyFrom(tensor)
    tail = response.outputs["tail"]
    tail.dtype = DATA_TYPES["DT_FLOAT"].number
    tail.tensor_shape.dim.add(size=4)
    tail.float_val.extend([1.0, 7.0])
    return response


def test_every_input_comes_back_as_it_went() -> None:
    with official_server(predict=echo) as port:
        subject = target(port)
        connection = subject.connect()

        outputs = subject.decode(connection.call(subject.encode(INPUTS)))
        connection.close()

    assert outputs.pop("tail").tolist() == [1.0, 7.0, 7.0, 7.0]
    assert outputs.keys() == INPUTS.keys()
    for name, array in INPUTS.items():
        assert outputs[name].dtype == array.dtype
        assert outputs[name].shape == array.shape
        assert outputs[name].tolist() == array.tolist()


def test_the_official_server_sees_model_version_signature_and_outputs() -> None:
    seen: list[Any] = []

    def keep(request: Any, _context: Any) -> Any:
        seen.append(request)
        return PredictResponse()

    with official_server(predict=keep) as port:
        for options in ({}, {"version": 3, "signature": "other", "outputs": ("boxes",)}):
            subject = target(port, **options)
            connection = subject.connect()
            connection.call(subject.encode({"x": np.zeros(1)}))
            connection.close()

    first, second = seen
    assert first.model_spec.name == "ssdresnet"
    assert first.model_spec.signature_name == "serving_default"
    assert not first.model_spec.HasField("version")
    assert second.model_spec.version.value == 3
    assert second.model_spec.signature_name == "other"
    assert list(second.output_filter) == ["boxes"]


@pytest.mark.parametrize(
    "code",
    [grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNAVAILABLE],
)
def test_an_error_status_is_the_kind_and_its_details_the_message(code: Any) -> None:
    def fail(_request: Any, context: Any) -> Any:
        context.abort(code, "the server's reason")

    with official_server(predict=fail) as port:
        connection = target(port).connect()
        with pytest.raises(CallError, match="the server's reason") as caught:
            connection.call(Payload(b""))
        connection.close()

    assert caught.value.kind == f"grpc {code.name}"


def test_a_late_answer_is_a_timeout() -> None:
    def slow(_request: Any, _context: Any) -> Any:
        time.sleep(1)
        return PredictResponse()

    with official_server(predict=slow) as port:
        place = HttpPlace(host="127.0.0.1", port=port)
        connection = TfServingGrpc(place=place, model="m", timeout_seconds=0.1).connect()
        with pytest.raises(CallError, match=r"within 0\.1 s") as caught:
            connection.call(Payload(b""))
        connection.close()

    assert caught.value.kind == "timeout"


def test_an_answer_that_is_no_message_is_a_protocol_error() -> None:
    with pytest.raises(CallError, match="no PredictResponse") as caught:
        target(1).decode(Answer(b"\xff\xff\xff"))

    assert caught.value.kind == "protocol"


def status_answer(state: str, code: int = 0, message: str = "") -> Any:
    response = GetModelStatusResponse()
    version = response.model_version_status.add(version=1, state=STATES[state].number)
    version.status.error_code = code
    version.status.error_message = message
    return response


@pytest.mark.parametrize(
    ("state", "code", "ready", "detail"),
    [
        ("AVAILABLE", 0, True, "version 1 AVAILABLE OK"),
        ("LOADING", 0, False, "version 1 LOADING OK"),
        ("AVAILABLE", 8, False, "version 1 AVAILABLE 8 (out of memory)"),
    ],
)
def test_ready_means_available_without_an_error(
    state: str, code: int, ready: bool, detail: str
) -> None:
    def status(request: Any, _context: Any) -> Any:
        assert request.model_spec.name == "ssdresnet"
        return status_answer(state, code, "out of memory" if code else "")

    with official_server(status=status) as port:
        found = target(port).ready()

    assert (found.ready, found.detail) == (ready, detail)


def test_the_official_stubs_and_ours_live_in_one_process() -> None:
    from google.protobuf import descriptor_pool

    with pytest.raises(KeyError):
        descriptor_pool.Default().FindMessageTypeByName("load_client.tf_serving.PredictRequest")
