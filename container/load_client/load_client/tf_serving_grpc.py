"""TensorFlow Serving over gRPC: ``PredictionService.Predict``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from load_client import tensor_proto
from load_client.grpc_connection import GrpcConnection, parsed
from load_client.http_connection import HttpPlace
from load_client.readiness import version_state
from load_client.target import Answer, Connection, Payload, Readiness
from load_client.tensors import Array, Tensors
from load_client.tf_serving_messages import (
    GET_MODEL_STATUS,
    PREDICT,
    STATES,
    PredictRequest,
    PredictResponse,
    StatusRequest,
    StatusResponse,
)


@dataclass(frozen=True, kw_only=True)
class TfServingGrpc:
    """``version`` None is the newest one that serves; ``outputs`` empty asks for all."""

    kind: ClassVar[str] = "tf-serving-grpc"
    place: HttpPlace
    model: str
    version: int | None = None
    signature: str = "serving_default"
    outputs: tuple[str, ...] = ()
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
        request = PredictRequest(output_filter=self.outputs)
        self._name_model(request)
        request.model_spec.signature_name = self.signature
        for name, array in inputs.items():
            request.inputs[name].CopyFrom(tensor_proto.encode(array))
        return Payload(request.SerializeToString())

    def decode(self, answer: Answer) -> dict[str, Array]:
        """As `Target.decode`."""
        response = parsed(PredictResponse, answer.body)
        return {name: tensor_proto.decode(tensor) for name, tensor in response.outputs.items()}

    def ready(self) -> Readiness:
        """``ModelService.GetModelStatus``, which the same port answers."""
        request = StatusRequest()
        self._name_model(request)
        connection = self._connection()
        try:
            answer = connection.ask(GET_MODEL_STATUS, request.SerializeToString())
        finally:
            connection.close()
        versions = [
            {
                "version": str(item.version),
                "state": STATES.get(item.state, str(item.state)),
                "status": {
                    "error_code": "OK" if item.status.error_code == 0 else item.status.error_code,
                    "error_message": item.status.error_message,
                },
            }
            for item in parsed(StatusResponse, answer).model_version_status
        ]
        return version_state({"model_version_status": versions})

    def _connection(self) -> GrpcConnection:
        return GrpcConnection(
            self.place.host_and_port,
            tls=self.place.tls,
            method=PREDICT,
            timeout_seconds=self.timeout_seconds,
        )

    def _name_model(self, request: Any) -> None:
        request.model_spec.name = self.model
        if self.version is not None:
            request.model_spec.version.value = self.version
