"""Asks a service at its load balancer, and says of each failure whether it will pass."""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.request
from typing import Final

from endpoint_verification.errors import ColdError, RefusedError
from endpoint_verification.examine import Case, Reply

_SECONDS: Final = 65.0
_LONGEST_QUOTE: Final = 300


class HttpTarget:
    """Services by address; safe to ask from several threads."""

    def __init__(self, *, timeout_seconds: float = _SECONDS) -> None:
        self._timeout = timeout_seconds
        # The balancer's own name is called, for which no certificate can be had; who answers is
        # known from the address, which comes from the stack, and what he answers is the question.
        self._tls = ssl.create_default_context()
        self._tls.check_hostname = False
        self._tls.verify_mode = ssl.CERT_NONE

    def ask(self, case: Case, body: bytes) -> Reply:
        """The answer of ``case.target``; raises `AskError`."""
        request = urllib.request.Request(
            case.target, data=body, headers={"Content-Type": "application/json"}, method="POST"
        )
        started = time.perf_counter()
        try:
            with urllib.request.urlopen(
                request, timeout=self._timeout, context=self._tls
            ) as answer:
                payload: bytes = answer.read()
        except urllib.error.HTTPError as error:
            said = " ".join(error.read(4096).decode("utf-8", errors="replace").split())
            text = f"{case.target} answered {error.code}: {said[:_LONGEST_QUOTE]}"
            # 404 while a server loads its model; 502 to 504 are the balancer's, without a target
            if error.code in (404, 408, 429) or error.code >= 500:
                raise ColdError(text) from error
            raise RefusedError(text) from error
        except (OSError, http.client.HTTPException) as error:
            raise ColdError(f"{case.target}: {type(error).__name__}: {error}") from error
        return Reply(payload, time.perf_counter() - started)
