"""SHA-256 of the files of a model folder."""

from __future__ import annotations

import hashlib
import os

_READ_BYTES = 1 << 20


def file_sha256(path: str, size: int) -> str:
    """Hex digest of the file's bytes, which should be ``size`` ones. Raises OSError."""
    # Most files are small: one read takes them whole, and costs half as much as a file object.
    wanted = min(size + 1, _READ_BYTES)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        piece = os.read(descriptor, wanted)
        whole = hashlib.sha256(piece)
        # a regular file gives less than asked for at its end only
        while len(piece) == wanted:
            piece = os.read(descriptor, wanted)
            whole.update(piece)
    finally:
        os.close(descriptor)
    return whole.hexdigest()
