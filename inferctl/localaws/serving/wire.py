"""A thin HTTP/1.1 client over sockets that come from elsewhere, with kept connections.

http.client parses headers with the email package, which alone costs half of the latency budget.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

_MAX_HEAD = 65536
_CHUNK = 1 << 18


class ConnectionLostError(Exception):
    """The server closed the connection, or could not be reached."""


class ReplyTimeoutError(Exception):
    """No complete answer before the deadline; the connection is closed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer of the container."""

    status: int
    content_type: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def stub_died(reply: Reply) -> bool:
    """Triton answers for a Python stub that was killed: 400 "Stub process 'x' is not healthy."."""
    return b"Stub process" in reply.body and b"is not healthy" in reply.body


class Connection:
    """One kept connection; used by one caller at a time."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self.reusable = True
        self.answered = False

    def close(self) -> None:
        self._socket.close()

    def request(self, head: bytes, body: bytes, *, deadline: float) -> Reply:
        """Sends and reads one answer; ``deadline`` is a `time.monotonic` value."""
        self.reusable = False
        self.answered = False
        try:
            self._set_timeout(deadline)
            # small bodies travel with the head: one packet, one wake-up of the server
            if len(body) <= 65536:
                self._socket.sendall(head + body)
            else:
                self._socket.sendall(head)
                self._socket.sendall(body)
            return self._read(deadline)
        except TimeoutError as error:
            raise ReplyTimeoutError("no answer in time") from error
        except OSError as error:
            raise ConnectionLostError(str(error)) from error

    def _set_timeout(self, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._socket.settimeout(remaining)

    def _receive(self, deadline: float) -> bytes:
        data = self._socket.recv(_CHUNK)
        if not data:
            raise ConnectionLostError("the connection was closed")
        self.answered = True
        self._set_timeout(deadline)
        return data

    def _read(self, deadline: float) -> Reply:
        data = self._receive(deadline)
        while (end := data.find(b"\r\n\r\n")) < 0:
            if len(data) > _MAX_HEAD:
                raise ConnectionLostError("the answer has no end of headers")
            data += self._receive(deadline)
        lines = data[:end].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        try:
            status = int(lines[0].split(" ", 2)[1])
            length = int(headers["content-length"])
        except (LookupError, ValueError) as error:
            raise ConnectionLostError(f"not an answer with a length: {lines[0]!r}") from error
        parts = [data[end + 4 :]]
        missing = length - len(parts[0])
        while missing > 0:
            parts.append(self._receive(deadline))
            missing -= len(parts[-1])
        self.reusable = missing == 0 and headers.get("connection", "").lower() != "close"
        return Reply(status, headers.get("content-type", ""), b"".join(parts))


class ConnectionPool:
    """Connections to one server process; `connect` gets a time-out in seconds."""

    def __init__(self, connect: Callable[[float], socket.socket]) -> None:
        self._connect = connect
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    def request(self, head: bytes, body: bytes = b"", *, deadline: float) -> Reply:
        """One exchange; a kept connection that turns out to be closed is replaced once."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is not None:
            try:
                return self._exchange(connection, head, body, deadline)
            except ConnectionLostError:
                if connection.answered:
                    raise
        try:
            sock = self._connect(max(deadline - time.monotonic(), 0.01))
        except OSError as error:
            raise ConnectionLostError(f"no connection to the container: {error}") from error
        return self._exchange(Connection(sock), head, body, deadline)

    def _exchange(self, connection: Connection, head: bytes, body: bytes, deadline: float) -> Reply:
        try:
            return connection.request(head, body, deadline=deadline)
        finally:
            if connection.reusable:
                with self._lock:
                    self._idle.append(connection)
            else:
                connection.close()

    def close(self) -> None:
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()
