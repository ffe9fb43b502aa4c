"""An HTTP server on 127.0.0.1 whose every byte a test decides."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Thread

from load_client.http_connection import HttpPlace


@dataclass(frozen=True)
class Request:
    """What the client sent; ``connection`` numbers the connections from 0."""

    line: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return self.line.split(" ")[1]


class LastWords(bytes):
    """An answer after which the server closes the connection."""


Script = Callable[[Request], bytes | None]


@dataclass
class ScriptedServer:
    """Answers what ``script`` returns; None closes the connection."""

    script: Script
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        port: int = self._listening.getsockname()[1]
        return port

    @property
    def place(self) -> HttpPlace:
        return HttpPlace(host="127.0.0.1", port=self.port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def drop_connections(self) -> None:
        """Close every open connection, as a server does with idle ones."""
        while self._open:
            connection = self._open.pop()
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.drop_connections()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._open.append(connection)
            number, self.connections = self.connections, self.connections + 1
            Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as stream:
            while line := stream.readline().decode().strip():
                headers: dict[str, str] = {}
                while field_line := stream.readline().decode().strip():
                    name, _, value = field_line.partition(":")
                    headers[name.lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", "0")))
                request = Request(line, headers, body, number)
                self.requests.append(request)
                answer = self.script(request)
                if answer is None:
                    return
                connection.sendall(answer)
                if isinstance(answer, LastWords):
                    return


def answer(
    body: bytes = b"{}",
    status: int = 200,
    *,
    headers: dict[str, str] | None = None,
) -> bytes:
    """A whole HTTP answer with its length."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@contextlib.contextmanager
def serving(script: Script) -> Iterator[ScriptedServer]:
    """A server for the length of a block."""
    server = ScriptedServer(script)
    try:
        yield server
    finally:
        server.close()
