"""Frames between the embedded AWS and a sandbox: kind (1 byte), length (4 bytes), JSON.

Kinds: ``I`` sandbox ready, ``C`` call, ``R`` result, ``E`` error.
"""

from __future__ import annotations

import socket
import struct
import time

_HEAD = struct.Struct(">cI")


class ChannelClosedError(ConnectionError):
    """The sandbox ended."""


class Channel:
    """The parent's end of a sandbox's socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def send(self, kind: bytes, payload: bytes) -> None:
        """Raises `ChannelClosedError`."""
        self._socket.settimeout(None)
        try:
            self._socket.sendall(_HEAD.pack(kind, len(payload)) + payload)
        except OSError as error:
            raise ChannelClosedError(str(error)) from error

    def receive(self, *, deadline: float) -> tuple[bytes, bytes]:
        """Kind and payload, before ``deadline`` of `time.monotonic`.

        Raises `TimeoutError` and `ChannelClosedError`.
        """
        kind, length = _HEAD.unpack(self._exactly(_HEAD.size, deadline))
        return kind, self._exactly(length, deadline)

    def close(self) -> None:
        """The sandbox sees the end of its input and ends."""
        self._socket.close()

    def _exactly(self, size: int, deadline: float) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            try:
                part = self._socket.recv(size - len(parts))
            except TimeoutError:
                raise
            except OSError as error:
                raise ChannelClosedError(str(error)) from error
            if not part:
                raise ChannelClosedError("end of input")
            parts += part
        return bytes(parts)
