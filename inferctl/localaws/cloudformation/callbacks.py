"""Where custom resources answer: one token per request, one answer per token."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Mapping
from typing import Any

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
LARGEST_RESPONSE_BYTES = 4096
PATH = "/_localaws/cfn-response/"


class Callbacks:
    """Open requests to custom resources, by token."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, _Answer] = {}
        self._closed: set[str] = set()

    def open(self) -> str:
        """A new token to put into a response URL."""
        token = uuid.uuid4().hex
        with self._lock:
            self._open[token] = _Answer()
        return token

    def deliver(self, token: str, body: bytes) -> bool:
        """Take the answer for ``token``; False for one that never was.

        The URL is S3's, and takes a second answer too; nobody reads it.
        """
        if len(body) > LARGEST_RESPONSE_BYTES:
            return self._settle(
                token,
                failed(
                    f"Response object is too long: {len(body)} bytes,"
                    f" at most {LARGEST_RESPONSE_BYTES} are allowed"
                ),
            )
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            return self._settle(token, failed("Invalid Response object: not a JSON object"))
        return self._settle(token, answer)

    def deliver_failure(self, event: Any, reason: str) -> bool:
        """The function that got ``event`` ended in an error; False when it is no open request."""
        url = event.get("ResponseURL", "") if isinstance(event, Mapping) else ""
        token = str(url).rpartition(PATH)[2]
        return self._settle(token, failed(f"the function failed without answering: {reason}"))

    def wait(self, token: str, seconds: float) -> dict[str, Any]:
        """The answer, or a failure after ``seconds``."""
        answer = self._open[token]
        in_time = answer.arrived.wait(seconds)
        with self._lock:
            del self._open[token]
            self._closed.add(token)
        if in_time or answer.body:
            return answer.body
        return failed(
            "CloudFormation did not receive a response from your Custom Resource"
            f" within {seconds:g} seconds"
        )

    def _settle(self, token: str, body: dict[str, Any]) -> bool:
        with self._lock:
            answer = self._open.get(token)
            if answer is None or answer.arrived.is_set():
                return answer is not None or token in self._closed
            answer.body = body
            answer.arrived.set()
            return True


class _Answer:
    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.body: dict[str, Any] = {}


def failed(reason: str) -> dict[str, Any]:
    """An answer that says no."""
    return {"Status": "FAILED", "Reason": reason}
