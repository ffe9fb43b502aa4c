"""KServe v2 over HTTP, as Triton speaks it, with tensors as JSON or as bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

from load_client import v2_json
from load_client.encoding import Encoding
from load_client.errors import PROTOCOL, CallError
from load_client.http_connection import HttpPlace, header
from load_client.http_json import JSON, PostConnection, get
from load_client.target import Answer, Connection, Payload, Readiness
from load_client.tensors import Array, Tensors


@dataclass(frozen=True, kw_only=True)
class V2Http:
    """``version`` None leaves the choice to the server."""

    kind: ClassVar[str] = "v2-http"
    place: HttpPlace
    model: str
    version: int | None = None
    encoding: Encoding = Encoding.BINARY
    timeout_seconds: float = 60.0

    @property
    def address(self) -> str:
        """As `Target.address`."""
        return f"{self.kind}://{self.place.host_and_port}"

    def connect(self) -> Connection:
        """As `Target.connect`."""
        path = f"{self._model_path}/infer"
        return PostConnection(self.place, path, timeout_seconds=self.timeout_seconds)

    def encode(self, inputs: Tensors) -> Payload:
        """As `Target.encode`."""
        if self.encoding is Encoding.JSON:
            return Payload(v2_json.encode_json(inputs), JSON)
        body, size = v2_json.encode_binary(inputs)
        return Payload(body, "application/octet-stream", size)

    def decode(self, answer: Answer) -> dict[str, Array]:
        """As `Target.decode`."""
        size = header(answer.head, "Inference-Header-Content-Length")
        if size and not size.isdigit():
            raise CallError(PROTOCOL, f"Inference-Header-Content-Length is {size!r}")
        return v2_json.decode(answer.body, int(size) if size else None)

    def ready(self) -> Readiness:
        """``GET /v2/models/<name>/ready``."""
        path = f"{self._model_path}/ready"
        status, body = get(self.place, path, timeout_seconds=self.timeout_seconds)
        detail = f"{path} answered {status} {body[:200].decode('utf-8', 'replace')}"
        return Readiness(status == 200, detail.strip())

    @property
    def _model_path(self) -> str:
        version = "" if self.version is None else f"/versions/{self.version}"
        return f"/v2/models/{quote(self.model, safe='')}{version}"
