"""Archives, read as a stream into a folder that nothing in them can leave."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import IO, Protocol, cast

from model_artifacts import ArchiveError
from model_artifacts.paths import path_problems

_PIECE = 1 << 20


class Stream(Protocol):
    """Bytes in order; b"" at the end."""

    def read(self, size: int, /) -> bytes: ...


def unpack(stream: Stream, folder: Path, *, name: str) -> None:
    """Write the files of a ``.tar.gz`` below ``folder``; ``name`` is for messages.

    Links, devices, sparse files and paths that lead elsewhere are refused: no SavedModel has any.
    Raises `ArchiveError`, also for an archive that ends early or whose checksum is wrong.
    """
    try:
        with (
            gzip.GzipFile(fileobj=cast("IO[bytes]", stream)) as plain,
            tarfile.open(fileobj=plain, mode="r|", encoding="utf-8") as archive,
        ):
            for member in archive:
                _extract(archive, member, folder, name)
            # the checksum lies behind the padding that tarfile leaves unread
            while plain.read(_PIECE):
                pass
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ArchiveError(f"{name} is no whole .tar.gz: {error}") from error


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, name: str) -> None:
    path = member.name.removeprefix("./")
    if member.isdir() and path in ("", "."):
        return
    problems = path_problems([path])
    if problems:
        raise ArchiveError(f"{name}: {problems[0]}")
    if member.isdir():
        return
    source = archive.extractfile(member) if member.isreg() and not member.issparse() else None
    if source is None:
        raise ArchiveError(f"{name}: {path!r} is not an ordinary file, and only those are unpacked")
    target = folder / path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            shutil.copyfileobj(source, file, _PIECE)
    except (FileExistsError, NotADirectoryError) as error:
        raise ArchiveError(f"{name}: path occurs twice: {path!r}") from error
