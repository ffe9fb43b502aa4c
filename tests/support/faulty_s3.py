"""An S3 client that fails on purpose, in one named place, before or after the effect."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError, ConnectionClosedError, ResponseStreamingError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_INDEX = "index.json"


def answer(code: str, status: int) -> Callable[[], BaseException]:
    """An error that S3 answers with."""
    response: Any = {
        "Error": {"Code": code, "Message": f"injected {code}"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return lambda: ClientError(response, "Injected")


def connection_reset() -> BaseException:
    """The connection broke before an answer came."""
    return ConnectionClosedError(endpoint_url="https://s3.example")


def killed() -> BaseException:
    """Lambda ends the process."""
    return SystemExit("killed")


@dataclass(kw_only=True)
class Fault:
    """Fails call number ``nth`` (0: every one) of ``operation`` on keys that hold ``key``."""

    operation: str
    error: Callable[[], BaseException] = connection_reset
    key: str = ""
    nth: int = 1
    after: bool = False
    """The call takes effect and only its answer is lost."""
    body: Callable[[bytes], object] | None = None
    """Instead of failing, `get_object` answers with this body."""
    action: Callable[[], None] | None = None
    """Instead of failing, this happens just before the call."""
    seen: int = 0
    fired: int = 0

    def hits(self, operation: str, arguments: dict[str, Any]) -> bool:
        if operation != self.operation or self.key not in str(arguments.get("Key", "")):
            return False
        self.seen += 1
        return self.nth in (0, self.seen)


@dataclass
class FaultyS3:
    """Wraps a client; after each change of the index and each deletion ``check`` looks."""

    client: S3Client
    check: Callable[[], None]
    faults: list[Fault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def as_client(self) -> S3Client:
        return cast("S3Client", self)

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            return self._call(operation, getattr(self.client, operation), arguments)

        return call

    def get_paginator(self, operation: str) -> Any:
        paginator = self.client.get_paginator(cast("Any", operation))

        class Paginator:
            def paginate(_, **arguments: Any) -> Any:
                # like the real one, it calls S3 only when it is iterated over
                yield from self._call(operation, paginator.paginate, arguments)

        return Paginator()

    def _call(self, operation: str, method: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        self.calls.append(operation)
        fault = next((f for f in self.faults if f.hits(operation, arguments)), None)
        if fault is None:
            return self._effect(operation, method, arguments)
        fault.fired += 1
        if fault.action is not None:
            fault.action()
            return self._effect(operation, method, arguments)
        if fault.body is not None:
            result = method(**arguments)
            return {**result, "Body": fault.body(result["Body"].read())}
        if fault.after:
            self._effect(operation, method, arguments)
        raise fault.error()

    def _effect(self, operation: str, method: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        result = method(**arguments)
        # no other change can make an index wrong that was right before
        if operation == "delete_objects" or str(arguments.get("Key", "")).endswith(_INDEX):
            self.check()
        return result


class BrokenBody(io.BytesIO):
    """Half the bytes, then the connection breaks."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data[: len(data) // 2])

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        # whoever wants the whole body gets nothing of it
        if not data or size is None or size < 0:
            raise ResponseStreamingError(error="injected reset")
        return data


def truncated(data: bytes) -> io.BytesIO:
    """Half the bytes, then a regular end."""
    return io.BytesIO(data[: len(data) // 2])


def corrupted(data: bytes) -> io.BytesIO:
    """As many bytes, one of them wrong."""
    return io.BytesIO(bytes([data[0] ^ 1]) + data[1:])
