"""``InvokeEndpoint`` as a signed request on a kept-alive connection, without boto3's layers."""

from __future__ import annotations

import json
from urllib.parse import quote

from load_client.errors import CallError
from load_client.http_connection import HttpConnection, HttpPlace, header
from load_client.signing import RENEW_SECONDS, Signer
from load_client.target import Answer, Payload


class SageMakerConnection:
    """One worker's connection; the signature is renewed every minute."""

    def __init__(
        self,
        place: HttpPlace,
        signer: Signer,
        *,
        endpoint: str,
        target_model: str | None,
        timeout_seconds: float,
    ) -> None:
        self._http = HttpConnection(place, timeout_seconds=timeout_seconds)
        self._place = place
        self._signer = signer
        self._path = f"/endpoints/{quote(endpoint, safe='')}/invocations"
        self._target_model = target_model
        self._payload: Payload | None = None
        self._request = b""
        self._renew_at = 0.0

    def call(self, payload: Payload) -> Answer:
        """As `Connection.call`; kinds are SageMaker's error codes."""
        if payload is not self._payload or self._signer.clock() >= self._renew_at:
            self._sign(payload)
        status, answer = self._http.exchange(self._request)
        if status != 200:
            raise platform_error(status, answer)
        return answer

    def close(self) -> None:
        """As `Connection.close`."""
        self._http.close()

    def _sign(self, payload: Payload) -> None:
        headers = {"Content-Type": payload.content_type, "Accept": payload.content_type}
        if self._target_model is not None:
            headers["X-Amzn-SageMaker-Target-Model"] = self._target_model
        scheme = "https" if self._place.tls else "http"
        url = f"{scheme}://{self._place.authority}{self._place.path}{self._path}"
        signed = self._signer.sign("POST", url, headers, payload.body)
        self._request = self._place.request("POST", self._path, signed, payload.body)
        self._payload = payload
        self._renew_at = self._signer.clock() + RENEW_SECONDS


def platform_error(status: int, answer: Answer) -> CallError:
    """The code that botocore would raise, and the platform's sentence.

    Source: botocore's restJson1 parser; ``x-amzn-errortype`` may end in ``:http://...``.
    """
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = {}
    said = said if isinstance(said, dict) else {}
    code = header(answer.head, "x-amzn-errortype") or str(said.get("__type", said.get("code", "")))
    code = code.partition(":")[0].rpartition("#")[2]
    message = (
        said.get("message") or said.get("Message") or answer.body[:300].decode("utf-8", "replace")
    )
    return CallError(code or f"http {status}", f"{code or status}: {message}")
