"""The HTTP front: cheroot on 127.0.0.1, HTTP/1.1 with keep-alive, one handler for everything.

Requests and responses are whole in memory. That is the price of one simple seam; the largest
bodies here are parts of model archives.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import logging
import select
import socket
import threading
from collections.abc import Callable
from typing import Any

from cheroot import server as cheroot_server
from cheroot import wsgi
from cheroot.makefile import MakeFile

from inferctl.localaws.bodies import BodyError, BodyReader
from inferctl.localaws.http import HttpRequest, HttpResponse

HOST = "127.0.0.1"
Handler = Callable[[HttpRequest], HttpResponse]

log = logging.getLogger(__name__)

# A request may wait for others that it causes itself: Lambda functions, the Step Functions
# interpreter and CloudFormation all call back. Each level holds one thread.
_THREADS = 64
_IDLE_SECONDS = 300
_ONE_PACKET = 65536
# boto3 spends about one millisecond between two calls of a loop
_LINGER_MILLISECONDS = 3
_NO_BODY = frozenset({204, 304})


class AddressInUseError(OSError):
    """Another process listens on the port."""


class _Reader(io.BufferedReader):
    """The C reader, with the two members that cheroot expects of its own Python one."""

    bytes_read = 0

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(socket.SocketIO(sock, "r"), 65536)
        self._socket = sock
        self._arrival = select.poll()
        self._arrival.register(sock, select.POLLIN)

    def has_data(self) -> bool:
        """Whether the next request is here, or comes within `_LINGER_MILLISECONDS`."""
        timeout = self._socket.gettimeout()
        self._socket.settimeout(0)
        try:
            if self.peek(1):
                return True
        except OSError:
            return False
        finally:
            self._socket.settimeout(timeout)
        return bool(self._arrival.poll(_LINGER_MILLISECONDS))


class _Writer:
    """Sends at once, except that headers are held back to leave with a small body."""

    bytes_written = 0

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._held: bytes | None = None

    def hold(self) -> None:
        """Keep what is written next until `release`."""
        self._held = b""

    def release(self, body: bytes) -> None:
        """Send what was held and then ``body``."""
        head, self._held = self._held or b"", None
        if len(body) <= _ONE_PACKET:
            self._socket.sendall(head + body)
            return
        self._socket.sendall(head)
        self._socket.sendall(body)

    def write(self, data: bytes) -> int:
        """Send or hold ``data``."""
        if self._held is None:
            self._socket.sendall(data)
        else:
            self._held += data
        return len(data)

    def flush(self) -> None:
        """Nothing is ever buffered."""

    def close(self) -> None:
        """The socket is closed by its connection."""


class _Connection(cheroot_server.HTTPConnection):
    def __init__(self, server: Any, sock: socket.socket, makefile: Any = MakeFile) -> None:
        super().__init__(server, sock, makefile)
        self.rfile = _Reader(sock)
        self.wfile = _Writer(sock)

    def communicate(self) -> bool:
        """Answer requests as long as they follow one another closely; True to keep the connection.

        A client that asks again at once is answered by the same thread, without the two changes of
        thread that a wait in cheroot's selector costs.
        """
        # cheroot's own stubs leave it untyped
        while super().communicate():  # type: ignore[no-untyped-call]
            if not (self.server.ready and self.rfile.has_data()):
                return True
        return False


class _Gateway(cheroot_server.Gateway):
    """Turns cheroot's request into ours and our response into cheroot's."""

    def respond(self) -> None:
        """Answer one request."""
        req = self.req
        reader = BodyReader(
            req.conn.rfile,
            length=int(req.inheaders.get(b"Content-Length", 0)),
            chunked=req.chunked_read,
        )
        # the reader above replaces cheroot's, which must not try to read the body again
        req.rfile = io.BytesIO()
        request = HttpRequest(
            method=req.method.decode("ascii"),
            uri=req.uri.decode("latin-1"),
            headers={
                key.decode("latin-1").lower(): value.decode("latin-1")
                for key, value in req.inheaders.items()
            },
            read_body=reader.read,
        )
        try:
            response = req.server.handler(request)
            finished = reader.drain()
        except BodyError as error:
            response, finished = HttpResponse(400, str(error).encode()), False
        if not finished:
            req.close_connection = True
        self._write(response)

    def _write(self, response: HttpResponse) -> None:
        req = self.req
        phrase = http.client.responses.get(response.status, "Unknown")
        req.status = f"{response.status} {phrase}".encode("ascii")
        length = str(len(response.body))
        for name, value in response.headers.items():
            if name.lower() == "content-length":
                # only the answer to HEAD speaks of a body that it does not carry
                length = value if req.method == b"HEAD" else length
            else:
                req.outheaders.append((name.encode("latin-1"), value.encode("latin-1")))
        if response.status not in _NO_BODY:
            req.outheaders.append((b"Content-Length", length.encode("ascii")))
        writer: _Writer = req.conn.wfile
        writer.hold()
        req.ensure_headers_sent()
        writer.release(b"" if req.method == b"HEAD" else response.body)


class FrontServer:
    """Listens on 127.0.0.1 from construction on; answers between `start` and `close`."""

    def __init__(self, handler: Handler, *, port: int = 0) -> None:
        """Bind ``port``, a free one for 0; raises `AddressInUseError`."""
        if port == 0:
            port = _free_port()
        self._server = wsgi.Server(
            (HOST, port),
            None,
            numthreads=_THREADS,
            request_queue_size=256,
            timeout=_IDLE_SECONDS,
            shutdown_timeout=2,
        )
        settings = {
            # cheroot hands a gateway its request only; the handler is found through the server
            "gateway": _Gateway,
            "handler": handler,
            "ConnectionClass": _Connection,
            "keep_alive_conn_limit": 4096,
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
