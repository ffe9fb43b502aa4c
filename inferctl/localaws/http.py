"""The request and the response that every part of the embedded AWS passes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote


@dataclass(frozen=True)
class HttpResponse:
    """A complete HTTP answer; ``headers`` hold neither Content-Length nor Connection."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class HttpRequest:
    """One request; the body is still on the socket until ``read_body`` takes it.

    ``uri`` is the path and query as they were sent, percent-encoded; header names are in lower
    case. ``read_body(limit)`` returns at most ``limit`` bytes of the body, all of it for None.
    """

    method: str
    uri: str
    headers: Mapping[str, str]
    read_body: Callable[[int | None], bytes] = field(repr=False)

    @property
    def path(self) -> str:
        """The path without its query, percent-encoded."""
        return self.uri.partition("?")[0]

    @property
    def query(self) -> str:
        """The query without its question mark, percent-encoded."""
        return self.uri.partition("?")[2]

    @cached_property
    def scope(self) -> tuple[str, str] | None:
        """Service and region that the request was signed for (SigV4), None if it was not.

        Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
        """
        authorization = self.headers.get("authorization", "")
        credential = authorization.partition("Credential=")[2].partition(",")[0]
        if not credential and "X-Amz-Credential=" in self.uri:
            credential = unquote(self.uri.partition("X-Amz-Credential=")[2].partition("&")[0])
        parts = credential.strip().rsplit("/", 4)
        if len(parts) != 5:
            return None
        return parts[3].lower(), parts[2]
