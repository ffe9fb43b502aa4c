"""The one protocol that every server is measured through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from load_client.tensors import Tensors


@dataclass(frozen=True, eq=False)
class Payload:
    """An encoded request that is sent many times; compared by identity.

    ``header_size``: bytes of the JSON in front of binary tensors, where there is one.
    """

    body: bytes
    content_type: str = ""
    header_size: int | None = None


class Answer(NamedTuple):
    """An answer as it came; ``head`` holds the HTTP status line and headers, if there are any."""

    body: bytes
    head: bytes = b""


@dataclass(frozen=True)
class Readiness:
    """Whether the model can be called, and what the server said."""

    ready: bool
    detail: str


class Connection(Protocol):
    """One worker's kept-alive connection; opened by the first call, used by one thread."""

    def call(self, payload: Payload) -> Answer:
        """Send and wait; raises `CallError`, after which the next call may open anew."""
        ...

    def close(self) -> None:
        """Let go of the connection; a call that waits in another thread ends with an error."""
        ...


class Target(Protocol):
    """One model on one server."""

    @property
    def kind(self) -> str:
        """The protocol's name, as in the address."""
        ...

    @property
    def model(self) -> str:
        """The model's name."""
        ...

    @property
    def address(self) -> str:
        """Where the server is, fit to print."""
        ...

    def connect(self) -> Connection:
        """A connection of its own for one worker."""
        ...

    def encode(self, inputs: Tensors) -> Payload:
        """The request with these inputs; raises `InputError` for what the protocol cannot say."""
        ...

    def decode(self, answer: Answer) -> Tensors:
        """The named outputs; raises `CallError` of kind ``protocol`` for anything else."""
        ...

    def ready(self) -> Readiness:
        """Ask once; raises `CallError` when the server does not answer."""
        ...
