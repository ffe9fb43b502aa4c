"""A gRPC server that speaks TensorFlow Serving's protocol through its official descriptors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped,unused-ignore]
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FILE = Path(__file__).parent / "official" / "tensorflow_serving_2_21_0.descriptors.pb"


def _pool() -> Any:
    files = descriptor_pb2.FileDescriptorSet.FromString(_FILE.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


POOL = _pool()


def message(name: str) -> Any:
    """An official message class by its full name."""
    return message_factory.GetMessageClass(POOL.FindMessageTypeByName(name))


TensorProto = message("tensorflow.TensorProto")
PredictRequest = message("tensorflow.serving.PredictRequest")
PredictResponse = message("tensorflow.serving.PredictResponse")
GetModelStatusResponse = message("tensorflow.serving.GetModelStatusResponse")
DATA_TYPES = POOL.FindEnumTypeByName("tensorflow.DataType").values_by_name
STATES = POOL.FindEnumTypeByName("tensorflow.serving.ModelVersionStatus.State").values_by_name
Method = Callable[[Any, Any], Any]


def _handler(service: str, methods: dict[str, Method]) -> Any:
    """What the generated ``add_..._to_server`` does, from the official service descriptor."""
    described = POOL.FindServiceByName(service)
    handlers = {}
    for name, method in methods.items():
        found = described.methods_by_name[name]
        request = message_factory.GetMessageClass(found.input_type)
        handlers[name] = grpc.unary_unary_rpc_method_handler(
            method,
            request_deserializer=request.FromString,
            response_serializer=lambda reply: reply.SerializeToString(),
        )
    return grpc.method_handlers_generic_handler(described.full_name, handlers)


@contextmanager
def grpc_server(*handlers: Any) -> Iterator[int]:
    """A server on a free port of 127.0.0.1."""
    server = grpc.server(ThreadPoolExecutor(4), handlers=handlers)
    port: int = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(0).wait()


@contextmanager
def official_server(predict: Method | None = None, status: Method | None = None) -> Iterator[int]:
    """TensorFlow Serving's two services, as far as they are given."""
    handlers = []
    if predict is not None:
        handlers.append(_handler("tensorflow.serving.PredictionService", {"Predict": predict}))
    if status is not None:
        handlers.append(_handler("tensorflow.serving.ModelService", {"GetModelStatus": status}))
    with grpc_server(*handlers) as port:
        yield port
