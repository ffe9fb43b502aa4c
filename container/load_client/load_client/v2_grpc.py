"""KServe v2 over gRPC, as Triton speaks it, with raw tensor contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from load_client.errors import PROTOCOL, CallError
from load_client.grpc_connection import GrpcConnection, parsed
from load_client.http_connection import HttpPlace
from load_client.target import Answer, Connection, Payload, Readiness
from load_client.tensors import Array, Tensors
from load_client.v2_messages import (
    MODEL_INFER,
    MODEL_READY,
    InferRequest,
    InferResponse,
    ReadyRequest,
    ReadyResponse,
)
from load_client.v2_tensors import datatype_of, from_bytes, to_bytes


@dataclass(frozen=True, kw_only=True)
class V2Grpc:
    """``version`` None leaves the choice to the server."""

    kind: ClassVar[str] = "v2-grpc"
    place: HttpPlace
    model: str
    version: int | None = None
    timeout_seconds: float = 60.0

    @property
    def address(self) -> str:
        """As `Target.address`."""
        return f"{self.kind}://{self.place.host_and_port}"

    def connect(self) -> Connection:
        """As `Target.connect`."""
        return self._connection()

    def encode(self, inputs: Tensors) -> Payload:
        """As `Target.encode`."""
        request = InferRequest(model_name=self.model, model_version=self._version)
        for name, array in inputs.items():
            request.inputs.add(name=name, datatype=datatype_of(array), shape=array.shape)
            request.raw_input_contents.append(to_bytes(array))
        return Payload(request.SerializeToString())

    def decode(self, answer: Answer) -> dict[str, Array]:
        """As `Target.decode`; Triton always answers with raw contents."""
        response = parsed(InferResponse, answer.body)
        raws = response.raw_output_contents
        if len(raws) != len(response.outputs):
            text = f"{len(response.outputs)} outputs come with {len(raws)} raw contents"
            raise CallError(PROTOCOL, text)
        return {
            output.name: from_bytes(raw, output.datatype, list(output.shape))
            for output, raw in zip(response.outputs, raws, strict=True)
        }

    def ready(self) -> Readiness:
        """``ModelReady``."""
        connection = self._connection()
        try:
            request = ReadyRequest(name=self.model, version=self._version)
            answer = connection.ask(MODEL_READY, request.SerializeToString())
        finally:
            connection.close()
        ready = parsed(ReadyResponse, answer).ready
        return Readiness(ready, f"ModelReady answered {str(ready).lower()}")

    @property
    def _version(self) -> str:
        return "" if self.version is None else str(self.version)

    def _connection(self) -> GrpcConnection:
        return GrpcConnection(
            self.place.host_and_port,
            tls=self.place.tls,
            method=MODEL_INFER,
            timeout_seconds=self.timeout_seconds,
        )
