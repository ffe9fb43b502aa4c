"""SHA-256 of files, remembered within this process for files that did not change."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

_seen: dict[tuple[str, int, int], str] = {}


def file_sha256(path: str | Path, status: os.stat_result) -> str:
    """Hex digest of the file's bytes.

    ``status`` is its ``stat``: a file of equal path, size and modification time (ns) is not read
    again by this process. Nothing is remembered on disk, where a stale entry would outlive its
    cause.
    """
    identity = (str(path), status.st_size, status.st_mtime_ns)
    known = _seen.get(identity)
    if known is None:
        with open(path, "rb", buffering=0) as stream:  # noqa: PTH123 - a third faster than Path
            known = hashlib.file_digest(stream, "sha256").hexdigest()
        _seen[identity] = known
    return known
