"""What the runtime needs to know of a function, and what one call of it gave."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


def _no_log(_stream: str, _lines: list[str]) -> None:
    """Where log lines go when nobody wants them."""


@dataclass(frozen=True, kw_only=True)
class FunctionSpec:
    """A function at one moment; `fingerprint` changes with anything that needs a new sandbox."""

    name: str
    arn: str
    handler: str
    runtime: str
    code: bytes = field(repr=False)
    region: str = "us-east-1"
    version: str = "$LATEST"
    timeout_seconds: int = 3
    memory_mb: int = 128
    environment: Mapping[str, str] = field(default_factory=dict)
    log_group: str = ""
    # called with the log stream's name and the lines of one invocation
    write_logs: Callable[[str, list[str]], None] = field(default=_no_log, compare=False, repr=False)

    @cached_property
    def code_sha256(self) -> str:
        """Digest of the archive, in hex."""
        return hashlib.sha256(self.code).hexdigest()

    @cached_property
    def fingerprint(self) -> str:
        """Digest of the code and of the configuration that a sandbox sees."""
        seen = [self.arn, self.code_sha256, self.handler, self.runtime, self.region, self.version]
        settings = [self.timeout_seconds, self.memory_mb, sorted(self.environment.items())]
        return hashlib.sha256(json.dumps([*seen, *settings]).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """The outcome of one call; ``error`` is None or the X-Amz-Function-Error header's value."""

    request_id: str
    payload: bytes
    error: str | None = None
    logs: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def error_fields(self) -> dict[str, Any]:
        """``errorType`` and ``errorMessage`` of a failed call."""
        fields = json.loads(self.payload)
        return fields if isinstance(fields, dict) else {"errorMessage": str(fields)}
