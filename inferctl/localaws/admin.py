"""The routes below ``/_localaws/``: status, leftovers, shutdown, and custom resources' answers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from inferctl.localaws.http import HttpRequest, HttpResponse

ADMIN_PREFIX = "/_localaws/"
CFN_RESPONSE_PREFIX = f"{ADMIN_PREFIX}cfn-response/"


class Admin:
    """Handles the embedded AWS's own routes."""

    def __init__(
        self,
        *,
        status: Callable[[], dict[str, Any]],
        leftovers: Callable[[], dict[str, list[str]]],
        deliver: Callable[[str, bytes], bool],
        shutdown: Callable[[], None],
    ) -> None:
        self._status = status
        self._leftovers = leftovers
        self._deliver = deliver
        self._shutdown = shutdown

    def handle(self, request: HttpRequest) -> HttpResponse:
        """The answer, 404 for a route that does not exist."""
        route = f"{request.method} {request.path.removeprefix(ADMIN_PREFIX)}"
        if request.method == "PUT" and request.path.startswith(CFN_RESPONSE_PREFIX):
            token = request.path.removeprefix(CFN_RESPONSE_PREFIX)
            known = self._deliver(token, request.read_body(None))
            return HttpResponse(200 if known else 404)
        if route == "GET ping":
            return _json({"pid": os.getpid()})
        if route == "GET status":
            return _json(self._status())
        if route == "GET leftovers":
            return _json(self._leftovers())
        if route == "POST shutdown":
            self._shutdown()
            return _json({"stopping": True})
        return HttpResponse(404, f"no such route: {route}".encode())


def _json(value: dict[str, Any]) -> HttpResponse:
    body = json.dumps(value, default=str).encode()
    return HttpResponse(200, body, {"Content-Type": "application/json"})
