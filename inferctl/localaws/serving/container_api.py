"""SageMaker's multi-model container contract, as a client that sends nothing unvalidated.

Triton 2.51.0 dies of a ``POST /models`` body that is no JSON object of strings, so the body is
always built here from checked values.
Source: docs.aws.amazon.com/sagemaker/latest/dg/mms-container-apis.html
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from pathlib import PurePosixPath

from .wire import ConnectionPool, Reply

MAX_TARGET_MODEL = 1024
LOAD_SECONDS = 360.0
_NAME = re.compile(r"[0-9A-Za-z._]{1,128}")
_PRINTABLE = re.compile(r"[!-~][ -~]*")


def model_hash(url: str) -> str:
    """The name under which a model is loaded and stored: 32 hex digits of its S3 URL."""
    return hashlib.sha256(url.encode()).hexdigest()[:32]


def target_model_problem(target: str) -> str | None:
    """Why ``target`` cannot be a TargetModel, or None.

    Length and characters: botocore's TargetModelHeader, narrowed to what a header can carry.
    """
    if not target:
        return "is empty"
    if len(target) > MAX_TARGET_MODEL:
        return f"has {len(target)} characters; at most {MAX_TARGET_MODEL} are allowed"
    if not _PRINTABLE.fullmatch(target):
        return "must be printable ASCII and not begin with a space"
    if target.startswith("/") or "\\" in target:
        return "must be a relative path with forward slashes"
    if any(part in ("", ".", "..") for part in target.split("/")):
        return "must not contain empty, '.' or '..' path parts"
    return None


class ContainerApi:
    """Calls one container; every method raises `ConnectionLostError` and `ReplyTimeoutError`."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def ping(self, *, seconds: float) -> bool:
        """Whether the container says it is healthy."""
        deadline = time.monotonic() + seconds
        return self._pool.request(_head("GET", "/ping"), deadline=deadline).status == 200

    def load(self, *, name: str, path: str, target: str) -> Reply:
        """Loads the directory ``path`` (as the container sees it); waits at most 360 s."""
        if not PurePosixPath(path).is_absolute() or not path.isprintable():
            raise ValueError(f"path must be absolute and printable, got {path!r}")
        body = json.dumps({"model_name": _checked(name), "url": path}).encode()
        head = _head("POST", "/models", target=target, body=body, content_type="application/json")
        return self._pool.request(head, body, deadline=time.monotonic() + LOAD_SECONDS)

    def unload(self, *, name: str, target: str, seconds: float) -> Reply:
        head = _head("DELETE", f"/models/{_checked(name)}", target=target)
        return self._pool.request(head, deadline=time.monotonic() + seconds)

    def is_loaded(self, *, name: str, seconds: float = 10.0) -> bool:
        head = _head("GET", f"/models/{_checked(name)}")
        return self._pool.request(head, deadline=time.monotonic() + seconds).status == 200

    def close(self) -> None:
        self._pool.close()

    def invoke(self, head: bytes, body: bytes, *, deadline: float) -> Reply:
        """Sends an invocation whose ``head`` is from `invocation_head`."""
        return self._pool.request(head, body, deadline=deadline)


def invocation_head(
    *,
    name: str,
    target: str,
    body: bytes,
    content_type: str,
    accept: str | None,
    custom_attributes: str | None,
) -> bytes:
    """The request head of one invocation; raises `ValueError` on what a header cannot carry."""
    return _head(
        "POST",
        f"/models/{_checked(name)}/invoke",
        target=target,
        body=body,
        content_type=content_type,
        extra=(("Accept", accept), ("X-Amzn-SageMaker-Custom-Attributes", custom_attributes)),
    )


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"model name must match {_NAME.pattern}, got {name!r}")
    return name


def _head(
    method: str,
    path: str,
    *,
    target: str | None = None,
    body: bytes = b"",
    content_type: str | None = None,
    extra: tuple[tuple[str, str | None], ...] = (),
) -> bytes:
    # The header must be on load, invoke and unload alike: its value is Triton's model name.
    headers = [("Content-Type", content_type), ("X-Amzn-SageMaker-Target-Model", target), *extra]
    text = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    for key, value in headers:
        if value is not None:
            if not value.isascii() or not value.isprintable():
                raise ValueError(f"{key} must be printable ASCII, got {value!r}")
            text += f"{key}: {value}\r\n"
    return f"{text}\r\n".encode("ascii")
