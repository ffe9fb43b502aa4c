"""Bytes that are checked against their promised size and digest while they stream by."""

from __future__ import annotations

import hashlib
from typing import Protocol

from model_artifacts.errors import SourceMismatchError


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class VerifiedReader:
    """Reads ``source`` to the promised size; fills every request, as tarfile demands."""

    def __init__(self, source: _Source, *, path: str, size: int, sha256: str) -> None:
        self._source = source
        self._path = path
        self._size = size
        self._sha256 = sha256
        self._read = 0
        self._hash = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """``size`` bytes, less only at the end; raises `SourceMismatchError` when truncated."""
        left = self._size - self._read
        wanted = left if size < 0 else min(size, left)
        data = self._source.read(wanted) if wanted else b""
        if len(data) < wanted:
            data = self._fill(data, wanted)
        self._read += len(data)
        self._hash.update(data)
        return data

    def verify(self) -> None:
        """Raise `SourceMismatchError` unless the source ended here, with the promised digest."""
        if self._source.read(1):
            raise SourceMismatchError(
                f"{self._path}: source is longer than the {self._size} bytes it should have"
            )
        found = self._hash.hexdigest()
        if found != self._sha256:
            raise SourceMismatchError(
                f"{self._path}: SHA-256 should be {self._sha256}, got {found}"
                " (the file changed after its digest was taken)"
            )

    def _fill(self, data: bytes, wanted: int) -> bytes:
        parts = [data]
        have = len(data)
        while have < wanted:
            part = self._source.read(wanted - have)
            if not part:
                raise SourceMismatchError(
                    f"{self._path}: source is truncated,"
                    f" it has {self._read + have} of {self._size} bytes"
                )
            parts.append(part)
            have += len(part)
        return b"".join(parts)
