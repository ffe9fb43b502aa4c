"""What the HTTP targets share: prepared requests, failures by status, JSON questions."""

from __future__ import annotations

import json
from typing import Any

from load_client.errors import PROTOCOL, CallError
from load_client.http_connection import HttpConnection, HttpPlace
from load_client.target import Answer, Payload

JSON = "application/json"
_SHOWN = 300


class PostConnection:
    """Posts payloads to one path; the request is put together once for each payload."""

    def __init__(self, place: HttpPlace, path: str, *, timeout_seconds: float) -> None:
        self._http = HttpConnection(place, timeout_seconds=timeout_seconds)
        self._place = place
        self._path = path
        self._payload: Payload | None = None
        self._request = b""

    def call(self, payload: Payload) -> Answer:
        """As `Connection.call`; every status but 200 is an error."""
        if payload is not self._payload:
            headers = {"Content-Type": payload.content_type}
            if payload.header_size is not None:
                headers["Inference-Header-Content-Length"] = str(payload.header_size)
            self._request = self._place.request("POST", self._path, headers, payload.body)
            self._payload = payload
        status, answer = self._http.exchange(self._request)
        if status != 200:
            raise status_error(self._place, status, answer.body)
        return answer

    def close(self) -> None:
        """As `Connection.close`."""
        self._http.close()


def status_error(place: HttpPlace, status: int, body: bytes) -> CallError:
    """An HTTP failure with the sentence that the server gave for it."""
    try:
        said = json.loads(body)
        text = said.get("error", said) if isinstance(said, dict) else said
    except (ValueError, RecursionError):
        text = body[:_SHOWN].decode("utf-8", "replace")
    return CallError(f"http {status}", f"{place.authority} answered {status}: {str(text)[:_SHOWN]}")


def get(place: HttpPlace, path: str, *, timeout_seconds: float) -> tuple[int, bytes]:
    """Status and body of one GET on a connection of its own; raises `CallError`."""
    connection = HttpConnection(place, timeout_seconds=timeout_seconds)
    try:
        request = place.request("GET", path, {"Accept": JSON, "Connection": "close"})
        status, answer = connection.exchange(request)
    finally:
        connection.close()
    return status, answer.body


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in an answer; raises `CallError` of kind ``protocol``."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise CallError(PROTOCOL, f"the answer is not JSON: {body[:_SHOWN]!r}") from error
    if not isinstance(value, dict):
        raise CallError(PROTOCOL, f"the answer is no JSON object: {body[:_SHOWN]!r}")
    return value
