"""An S3 that serves one archive, and falls silent in the middle of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@contextmanager
def slow_store(body: bytes) -> Iterator[tuple[str, Event]]:
    """Its address, and an event that is set once half of ``body`` is sent."""
    half_sent, end = Event(), Event()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._headers(200)

        def do_GET(self) -> None:
            self._headers(206)
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            half_sent.set()
            end.wait(60)

        def _headers(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", half_sent
    finally:
        end.set()
        server.shutdown()
        server.server_close()
