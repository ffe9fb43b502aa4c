"""cheroot's connections and threads, quicker and without a last thread to wait for."""

from __future__ import annotations

import io
import select
import socket
from typing import Any

from cheroot import server as cheroot_server
from cheroot.makefile import MakeFile
from cheroot.workers.threadpool import ThreadPool

_SPARE_THREADS = 8
_MOST_THREADS = 2048
# a request line and headers come in one go, or their sender holds a thread for nothing
_HEAD_SECONDS = 20
_ONE_PACKET = 65536
# boto3 spends about one millisecond between two calls of a loop
_LINGER_MILLISECONDS = 3


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
    """Sends at once; nothing is ever buffered."""

    bytes_written = 0

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def send(self, head: bytes, body: bytes) -> None:
        """A small body leaves in the packet of its head."""
        if len(body) <= _ONE_PACKET:
            self._socket.sendall(head + body)
            return
        self._socket.sendall(head)
        self._socket.sendall(body)

    def write(self, data: bytes) -> int:
        """What cheroot itself says, such as 100 Continue."""
        self._socket.sendall(data)
        return len(data)

    def flush(self) -> None:
        """There is nothing to flush."""

    def close(self) -> None:
        """The socket is closed by its connection."""


class GrowingThreads(ThreadPool):
    """Grows before its last threads are taken."""

    def put(self, obj: Any) -> None:
        """Queue a connection that has a request."""
        # cheroot's stubs leave out what is below
        pool: Any = self
        busy = len(pool._threads) - self.idle + pool._queue.qsize()
        if len(pool._threads) < min(busy + _SPARE_THREADS, _MOST_THREADS):
            # not `grow`, which would wait here, in the thread that accepts
            pool._threads.append(pool._spawn_worker())
        super().put(obj)


class Connection(cheroot_server.HTTPConnection):
    def __init__(self, server: Any, sock: socket.socket, makefile: Any = MakeFile) -> None:
        super().__init__(server, sock, makefile)
        self.rfile = _Reader(sock)
        self.wfile = _Writer(sock)

    def communicate(self) -> bool:
        """Answer requests as long as they follow one another closely; True to keep the connection.

        A client that asks again at once is answered by the same thread, without the two changes of
        thread that a wait in cheroot's selector costs.
        """
        self.socket.settimeout(_HEAD_SECONDS)
        # cheroot's own stubs leave it untyped
        while super().communicate():  # type: ignore[no-untyped-call]
            if not (self.server.ready and self.rfile.has_data()):
                # a server that stops closes its selector, so nothing may be given back to it
                return bool(self.server.ready)
            self.socket.settimeout(_HEAD_SECONDS)
        return False
