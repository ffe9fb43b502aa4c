"""What can go wrong, as types; every message is fit to be shown as it is."""

from __future__ import annotations

from collections.abc import Iterable


class LoadClientError(Exception):
    """Base of everything that this package raises on purpose."""


class InputError(LoadClientError):
    """Arguments, inputs or a report cannot be used; ``problems`` holds every finding."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class NotReadyError(LoadClientError):
    """The server did not become ready in time; the message has its last answer."""


class CallError(LoadClientError):
    """One call failed; calls that failed alike have the same ``kind``.

    Kinds: ``connect``, ``disconnect``, ``timeout``, ``protocol``, ``http <status>``,
    ``grpc <STATUS>``, and SageMaker's own codes such as ``ModelError``.
    """

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


CONNECT = "connect"
DISCONNECT = "disconnect"
TIMEOUT = "timeout"
PROTOCOL = "protocol"
