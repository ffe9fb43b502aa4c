"""HTTP/1.1 over one kept-alive socket: one send a call, and no object for each header."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from dataclasses import dataclass

from load_client.errors import CONNECT, DISCONNECT, PROTOCOL, TIMEOUT, CallError
from load_client.target import Answer

_CHUNK = 1 << 16
_LARGEST_HEAD = 1 << 16
_LARGEST_BODY = 1 << 30
_IDLE_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class HttpPlace:
    """Where to connect; ``path`` is the prefix of the address, without a slash at its end."""

    host: str
    port: int
    tls: bool = False
    path: str = ""

    @property
    def authority(self) -> str:
        """The value of the ``Host`` header."""
        return self._host if self.port == (443 if self.tls else 80) else self.host_and_port

    @property
    def host_and_port(self) -> str:
        """With the port in any case, and brackets around an IPv6 address."""
        return f"{self._host}:{self.port}"

    @property
    def _host(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    def request(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
        """A whole request, to be sent at once."""
        lines = [f"{method} {self.path}{path} HTTP/1.1", f"Host: {self.authority}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body or method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class HttpConnection:
    """Used by one thread; every failure closes the socket and the next exchange opens one."""

    def __init__(self, place: HttpPlace, *, timeout_seconds: float) -> None:
        self._place = place
        self._timeout = timeout_seconds
        self._socket: socket.socket | None = None
        self._tls = ssl.create_default_context() if place.tls else None
        self._used = 0.0

    def exchange(self, request: bytes) -> tuple[int, Answer]:
        """Status and answer; raises `CallError` when there is none."""
        started = time.monotonic()
        connection = self._open(started)
        try:
            connection.sendall(request)
            status, answer, keep = _Reader(connection, started + self._timeout).answer()
        except TimeoutError as error:
            self.close()
            text = f"no answer from {self._place.authority} within {self._timeout:g} s"
            raise CallError(TIMEOUT, text) from error
        except OSError as error:
            self.close()
            raise CallError(DISCONNECT, f"{self._place.authority}: {error}") from error
        except CallError:
            self.close()
            raise
        if not keep:
            self.close()
        self._used = started
        return status, answer

    def close(self) -> None:
        """Close the socket; an exchange that waits in another thread ends with an error."""
        connection, self._socket = self._socket, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _open(self, now: float) -> socket.socket:
        connection = self._socket
        # a server may close an idle connection; what it says then is no answer to the next call
        if connection is not None and now - self._used > _IDLE_SECONDS and _is_readable(connection):
            self.close()
            connection = None
        if connection is not None:
            connection.settimeout(self._timeout)
            return connection
        place = self._place
        try:
            connection = socket.create_connection((place.host, place.port), timeout=self._timeout)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_hostname=place.host)
        except TimeoutError as error:
            text = f"no connection to {place.authority} within {self._timeout:g} s"
            raise CallError(TIMEOUT, text) from error
        except OSError as error:
            raise CallError(CONNECT, f"cannot connect to {place.authority}: {error}") from error
        self._socket = connection
        return connection


class _Reader:
    """Reads one answer; ``deadline`` bounds all of it, not each piece."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._data = b""
        self._received = False

    def answer(self) -> tuple[int, Answer, bool]:
        """Status, answer, and whether the connection may be used again."""
        while True:
            head = self._head()
            status = _status_of(head)
            if status >= 200:
                break
        fields = head.lower()
        keep = b"\r\nconnection: close" not in fields and fields.startswith(b"http/1.1")
        if status in (204, 304):
            return status, Answer(b"", head), keep
        if b"\r\ntransfer-encoding:" in fields:
            return status, Answer(self._chunked(), head), keep
        size = _field(fields, b"content-length")
        if size is None:
            return status, Answer(self._rest(), head), False
        return status, Answer(self._take(_size_of(size, 10)), head), keep

    def _head(self) -> bytes:
        while True:
            end = self._data.find(b"\r\n\r\n")
            if 0 <= end <= _LARGEST_HEAD:
                head, self._data = self._data[:end], self._data[end + 4 :]
                return head
            if len(self._data) > _LARGEST_HEAD:
                raise CallError(PROTOCOL, f"the answer's headers exceed {_LARGEST_HEAD} bytes")
            self._data += self._more()

    def _take(self, size: int) -> bytes:
        missing = size - len(self._data)
        if missing <= 0:
            taken, self._data = self._data[:size], self._data[size:]
            return taken
        body = bytearray(size)
        have = len(self._data)
        body[:have] = self._data
        self._data = b""
        view = memoryview(body)
        while have < size:
            self._shorten_timeout()
            count = self._connection.recv_into(view[have:])
            if not count:
                raise CallError(DISCONNECT, f"the connection broke after {have} of {size} bytes")
            have += count
        return bytes(body)

    def _chunked(self) -> bytes:
        parts: list[bytes] = []
        total = 0
        while True:
            size = _size_of(self._line().partition(b";")[0], 16)
            total += size
            _check_size(total)
            if size == 0:
                while self._line():
                    pass
                return b"".join(parts)
            parts.append(self._take(size))
            self._take(2)

    def _line(self) -> bytes:
        while True:
            end = self._data.find(b"\r\n")
            if end >= 0:
                line, self._data = self._data[:end], self._data[end + 2 :]
                return line
            if len(self._data) > _LARGEST_HEAD:
                raise CallError(PROTOCOL, f"a line of the answer exceeds {_LARGEST_HEAD} bytes")
            self._data += self._more()

    def _rest(self) -> bytes:
        body = bytearray(self._data)
        _check_size(len(body))
        while part := self._receive():
            body += part
            _check_size(len(body))
        return bytes(body)

    def _more(self) -> bytes:
        part = self._receive()
        if not part:
            raise CallError(DISCONNECT, "the connection was closed before the answer was complete")
        return part

    def _receive(self) -> bytes:
        if self._received:
            self._shorten_timeout()
        self._received = True
        return self._connection.recv(_CHUNK)

    def _shorten_timeout(self) -> None:
        rest = self._deadline - time.monotonic()
        if rest <= 0:
            raise TimeoutError
        self._connection.settimeout(rest)


def _status_of(head: bytes) -> int:
    if head[:7] != b"HTTP/1." or not head[9:12].isdigit():
        raise CallError(PROTOCOL, f"{head[:40]!r} is no HTTP answer")
    return int(head[9:12])


def _size_of(text: bytes, base: int) -> int:
    """The size of a body or a chunk, as the server said it."""
    digits = text.strip()
    try:
        size = int(digits, base) if digits.isalnum() else -1
    except ValueError:
        size = -1
    if size < 0:
        raise CallError(PROTOCOL, f"the answer's size is {digits[:40]!r}")
    _check_size(size)
    return size


def _check_size(size: int) -> None:
    if size > _LARGEST_BODY:
        raise CallError(PROTOCOL, f"the answer exceeds {_LARGEST_BODY} bytes")


def _field(fields: bytes, name: bytes) -> bytes | None:
    """A header's value; ``fields`` is the head in lower case."""
    start = fields.find(b"\r\n" + name + b":")
    if start < 0:
        return None
    start += len(name) + 3
    end = fields.find(b"\r\n", start)
    return fields[start : None if end < 0 else end].strip()


def header(head: bytes, name: str) -> str:
    """A header's value with its case, empty without the header."""
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name.lower().encode():
            return value.strip().decode("latin-1")
    return ""


def _is_readable(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))
