"""The HTTP front: cheroot on 127.0.0.1, HTTP/1.1 with keep-alive, one handler for everything.

Requests and responses are whole in memory. That is the price of one simple seam; the largest
bodies here are parts of model archives.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import logging
import socket
import threading
from collections.abc import Callable
from typing import Any

from cheroot import server as cheroot_server
from cheroot import wsgi

from inferctl.localaws.bodies import BodyError, BodyReader
from inferctl.localaws.connections import Connection, GrowingThreads
from inferctl.localaws.http import HttpRequest, HttpResponse

HOST = "127.0.0.1"
Handler = Callable[[HttpRequest], HttpResponse]

log = logging.getLogger(__name__)

# A request may wait for others that it causes itself: Lambda functions, the Step Functions
# interpreter and model downloads all call back. Each level holds a thread, so with a fixed number
# of threads enough callers would wait for one another for good.
_THREADS = 16
_IDLE_SECONDS = 300
_MOST_HEAD_BYTES = 256 * 1024
_NO_BODY = frozenset({204, 304})


class AddressInUseError(OSError):
    """Another process listens on the port."""


class _Gateway(cheroot_server.Gateway):
    """Turns cheroot's request into ours and our response into cheroot's."""

    def respond(self) -> None:
        """Answer one request."""
        req = self.req
        req.conn.socket.settimeout(_IDLE_SECONDS)
        try:
            reader = BodyReader(
                req.conn.rfile,
                length=int(req.inheaders.get(b"Content-Length", 0)),
                chunked=req.chunked_read,
            )
            # the reader replaces cheroot's, which must not try to read the body again
            req.rfile = io.BytesIO()
            response = req.server.handler(_request(req, reader))
            finished = reader.drain()
        except BodyError as error:
            response, finished = HttpResponse(400, str(error).encode()), False
        if not finished:
            req.close_connection = True
        self._write(response)

    def _write(self, response: HttpResponse) -> None:
        """Head and body leave in one piece; cheroot's own headers take longer than all the rest."""
        req = self.req
        if req.response_protocol != "HTTP/1.1":
            req.close_connection = True
        phrase = http.client.responses.get(response.status, "Unknown")
        lines = [f"HTTP/1.1 {response.status} {phrase}"]
        length = str(len(response.body))
        for name, value in response.headers.items():
            if name.lower() == "content-length":
                # only the answer to HEAD speaks of a body that it does not carry
                length = value if req.method == b"HEAD" else length
            else:
                lines.append(f"{name}: {value}")
        if response.status not in _NO_BODY:
            lines.append(f"Content-Length: {length}")
        if req.close_connection:
            lines.append("Connection: close")
        head = "\r\n".join([*lines, "\r\n"]).encode("latin-1")
        req.sent_headers = True
        req.conn.wfile.send(head, b"" if req.method == b"HEAD" else response.body)


def _request(req: Any, reader: BodyReader) -> HttpRequest:
    return HttpRequest(
        method=req.method.decode("latin-1"),
        uri=req.uri.decode("latin-1"),
        headers={
            key.decode("latin-1").lower(): value.decode("latin-1")
            for key, value in req.inheaders.items()
        },
        read_body=reader.read,
    )


class FrontServer:
    """Listens on 127.0.0.1 from construction on; answers between `start` and `close`."""

    def __init__(self, handler: Handler, *, port: int = 0) -> None:
        """Bind ``port``, a free one for 0; raises `AddressInUseError`."""
        if port == 0:
            port = _free_port()
        self._server = wsgi.Server(
            (HOST, port),
            None,
            request_queue_size=256,
            timeout=_IDLE_SECONDS,
            shutdown_timeout=2,
        )
        settings = {
            # cheroot hands a gateway its request only; the handler is found through the server
            "gateway": _Gateway,
            "handler": handler,
            "put_conn": self._keep,
            "requests": GrowingThreads(self._server, min=_THREADS),
            "max_request_header_size": _MOST_HEAD_BYTES,
            "ConnectionClass": Connection,
            "keep_alive_conn_limit": 4096,
            # also how long a stop takes
            "expiration_interval": 0.1,
            "error_log": _log_error,
        }
        for name, value in settings.items():
            setattr(self._server, name, value)
        try:
            self._server.prepare()
        except OSError as error:
            self._server.stop()
            raise AddressInUseError(f"{HOST}:{port} cannot be bound: {error}") from error
        self.port: int = self._server.bind_addr[1]
        # "localhost", not 127.0.0.1: the CDK CLI takes template URLs as path-style only with it
        self.url = f"http://localhost:{self.port}"
        self._thread = threading.Thread(target=self._serve, name="front", daemon=True)

    def start(self) -> None:
        """Answer requests, in threads of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering; requests under way get two seconds."""
        self._server.stop()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _keep(self, connection: Connection) -> None:
        """Wait for a connection's next request, unless the server stopped in the meantime."""
        try:
            cheroot_server.HTTPServer.put_conn(self._server, connection)
        except ValueError:
            # the selector is closed
            connection.close()

    def _serve(self) -> None:
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            self._server.serve()


def _free_port() -> int:
    """A port that a later start can have again at once.

    cheroot asks for SO_REUSEADDR only where the port is given, and without it a port that was
    closed a moment ago cannot be bound for a minute.
    """
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        port: int = sock.getsockname()[1]
        return port


def _log_error(msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
    log.log(level, "%s", msg, exc_info=traceback)
