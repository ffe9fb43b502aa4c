"""Reads request bodies off a cheroot connection: known lengths in one read, chunks, drains.

cheroot's own readers are written in Python and join chunks one by one; the bodies here are model
archives of tens of megabytes.
"""

from __future__ import annotations

import re
from typing import Protocol

# What is still read, and thrown away, of a body that was refused, so that the client sees the
# answer instead of a reset connection.
DRAIN_LIMIT = 128 * 1024 * 1024
_STEP = 1024 * 1024
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}[ \t]*[;\r\n]")


class BodyError(Exception):
    """The client broke the connection, or its chunked encoding is malformed."""


class ByteStream(Protocol):
    """What a body is read from: a buffered binary file."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


class BodyReader:
    """One request's body. `read` may be called once; `drain` afterwards.

    Raises `BodyError` also when made for a ``length`` below 0.
    """

    def __init__(self, stream: ByteStream, *, length: int, chunked: bool) -> None:
        if length < 0:
            raise BodyError(f"a body cannot have {length} bytes")
        self._stream = stream
        self._left = length
        self._chunked = chunked
        self.ended = length == 0 and not chunked

    def read(self, limit: int | None = None) -> bytes:
        """The body, or its first ``limit`` bytes; raises `BodyError`."""
        if self.ended:
            return b""
        if self._chunked:
            return self._read_chunks(limit)
        wanted = self._left if limit is None else min(limit, self._left)
        body = self._exactly(wanted)
        self._left -= wanted
        self.ended = self._left == 0
        return body

    def drain(self) -> bool:
        """Throw away what is left; False if that was more than `DRAIN_LIMIT`."""
        for _ in range(DRAIN_LIMIT // _STEP):
            if self.ended:
                return True
            self.read(_STEP)
        return self.ended

    def _exactly(self, size: int) -> bytes:
        body = self._stream.read(size)
        if len(body) != size:
            raise BodyError(f"the connection ended {size - len(body)} bytes before the body did")
        return body

    def _read_chunks(self, limit: int | None) -> bytes:
        """Whole chunks until ``limit`` is reached; a chunk is never split, so it may be passed."""
        chunks: list[bytes] = []
        total = 0
        while limit is None or total < limit:
            size = self._chunk_size()
            if size == 0:
                self._skip_trailers()
                self.ended = True
                break
            if limit is not None and size > DRAIN_LIMIT:
                raise BodyError(f"a chunk of {size} bytes in a body of at most {limit}")
            chunks.append(self._exactly(size))
            total += size
            if self._exactly(2) != b"\r\n":
                raise BodyError("a chunk does not end with a line break")
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _chunk_size(self) -> int:
        line = self._stream.readline(1024)
        # int() alone would take signs, underscores and 0x
        if not _CHUNK_SIZE.match(line):
            raise BodyError(f"malformed chunk size {line[:40]!r}")
        return int(line.partition(b";")[0], 16)

    def _skip_trailers(self) -> None:
        while self._stream.readline(65536) not in (b"\r\n", b"\n", b""):
            pass
