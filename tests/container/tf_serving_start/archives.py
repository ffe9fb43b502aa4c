"""Archives as the fleet writes them, and as nobody should."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping

from model_artifacts.archive import Member, write_archive

SAVED_MODEL = {
    "saved_model.pb": b"\x08\x01" * 5000,
    "variables/variables.index": b"index",
    "variables/variables.data-00000-of-00001": b"weights" * 50000,
}


def archive(files: Mapping[str, bytes]) -> bytes:
    """A ``.tar.gz`` by the fleet's own writer."""
    sink = io.BytesIO()
    write_archive(
        [
            Member(
                path=path,
                mode=0o644,
                size=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
                open=lambda data=data: io.BytesIO(data),  # type: ignore[misc]
            )
            for path, data in files.items()
        ],
        sink,
    )
    return sink.getvalue()


def foreign(*members: tuple[str, bytes, str]) -> bytes:
    """A ``.tar.gz`` of (name, type, link target): any member that the tar format knows."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as tar:
        for name, kind, target in members:
            header = tarfile.TarInfo(name)
            header.type = kind
            header.linkname = target
            data = b"data" if kind == tarfile.REGTYPE else b""
            header.size = len(data)
            tar.addfile(header, io.BytesIO(data))
    return sink.getvalue()


def with_wrong_checksum(data: bytes) -> bytes:
    """The same archive with another CRC at the end of its gzip stream."""
    assert gzip.decompress(data)
    return data[:-8] + bytes(byte ^ 0xFF for byte in data[-8:-4]) + data[-4:]
