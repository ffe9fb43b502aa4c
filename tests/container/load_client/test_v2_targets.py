"""KServe v2 over HTTP and gRPC; the gRPC server runs on Triton's official stubs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc  # type: ignore[import-untyped,unused-ignore]
import numpy as np
import pytest
from tritonclient.grpc import service_pb2, service_pb2_grpc

from load_client.encoding import Encoding
from load_client.errors import CallError
from load_client.http_connection import HttpPlace
from load_client.target import Answer
from load_client.tensors import text_array
from load_client.v2_grpc import V2Grpc
from load_client.v2_http import V2Http
from tests.container.load_client.official_tf_serving import grpc_server
from tests.container.load_client.scripted_server import Request, answer, serving

INPUTS = {
    "X": np.arange(6, dtype=np.float32).reshape(2, 3),
    "T": text_array([b"one", b"\xff two"], (2, 1)),
}


class OfficialTriton(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]
    """Echoes inputs as outputs; knows one model."""

    def ModelInfer(self, request: Any, context: Any) -> Any:
        if request.model_name != "resnet":
            context.abort(grpc.StatusCode.NOT_FOUND, "Request for unknown model")
        response = service_pb2.ModelInferResponse(model_name=request.model_name)
        for tensor, raw in zip(request.inputs, request.raw_input_contents, strict=True):
            response.outputs.add(name=tensor.name, datatype=tensor.datatype, shape=tensor.shape)
            response.raw_output_contents.append(raw)
        return response

    def ModelReady(self, request: Any, _context: Any) -> Any:
        return service_pb2.ModelReadyResponse(ready=request.name == "resnet")


@contextmanager
def official_triton() -> Iterator[HttpPlace]:
    class Collector:
        handlers: tuple[Any, ...] = ()

        def add_generic_rpc_handlers(self, handlers: tuple[Any, ...]) -> None:
            self.handlers = handlers

        def add_registered_method_handlers(self, *_: Any) -> None:
            return

    collector = Collector()
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(OfficialTriton(), collector)
    with grpc_server(*collector.handlers) as port:
        yield HttpPlace(host="127.0.0.1", port=port)


def test_inputs_come_back_over_grpc() -> None:
    with official_triton() as place:
        subject = V2Grpc(place=place, model="resnet", timeout_seconds=5)
        connection = subject.connect()

        outputs = subject.decode(connection.call(subject.encode(INPUTS)))
        connection.close()

        assert subject.ready().ready
    assert {name: array.tolist() for name, array in outputs.items()} == {
        name: array.tolist() for name, array in INPUTS.items()
    }


def test_an_unknown_model_is_not_ready_and_not_found() -> None:
    with official_triton() as place:
        subject = V2Grpc(place=place, model="other", timeout_seconds=5)
        connection = subject.connect()
        with pytest.raises(CallError, match="unknown model") as caught:
            connection.call(subject.encode(INPUTS))
        connection.close()

        assert subject.ready().detail == "ModelReady answered false"
    assert caught.value.kind == "grpc NOT_FOUND"


def test_outputs_without_raw_contents_are_a_protocol_error() -> None:
    response = service_pb2.ModelInferResponse()
    response.outputs.add(name="Y", datatype="FP32", shape=[1])
    subject = V2Grpc(place=HttpPlace(host="h", port=1), model="m")

    with pytest.raises(CallError, match="1 outputs come with 0 raw contents"):
        subject.decode(Answer(response.SerializeToString()))


def echo(request: Request) -> bytes:
    """What Triton answers to a request for binary outputs, and to one all in JSON."""
    size = int(request.headers.get("inference-header-content-length", len(request.body)))
    given = json.loads(request.body[:size])
    header = json.dumps({"model_name": "resnet", "outputs": given["inputs"]}).encode()
    headers = {"Inference-Header-Content-Length": str(len(header))}
    binary = "inference-header-content-length" in request.headers
    return answer(header + request.body[size:], headers=headers if binary else {})


@pytest.mark.parametrize("encoding", Encoding)
def test_inputs_come_back_over_http(encoding: Encoding) -> None:
    inputs = dict(INPUTS)
    if encoding is Encoding.JSON:
        inputs["T"] = text_array([b"one", b"two"], (2, 1))
    with serving(echo) as server:
        subject = V2Http(place=server.place, model="resnet", version=2, encoding=encoding)
        connection = subject.connect()

        outputs = subject.decode(connection.call(subject.encode(inputs)))
        connection.close()

        assert server.requests[0].path == "/v2/models/resnet/versions/2/infer"
    assert {name: array.tolist() for name, array in outputs.items()} == {
        name: array.tolist() for name, array in inputs.items()
    }


def test_a_nonsense_header_size_is_a_protocol_error() -> None:
    subject = V2Http(place=HttpPlace(host="h", port=1), model="m")
    head = b"HTTP/1.1 200 OK\r\nInference-Header-Content-Length: many"

    with pytest.raises(CallError, match="Inference-Header-Content-Length is 'many'"):
        subject.decode(Answer(b"{}", head))


@pytest.mark.parametrize(("status", "ready"), [(200, True), (400, False)])
def test_http_readiness_is_the_models_own(status: int, ready: bool) -> None:
    with serving(lambda _: answer(b"", status)) as server:
        found = V2Http(place=server.place, model="resnet").ready()

        assert server.requests[0].path == "/v2/models/resnet/ready"
    assert found.ready is ready
    assert f"answered {status}" in found.detail
