"""Writes the archive of sources and compiled files to disk, in the one format there is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from model_artifacts import ArchiveError, ManifestModel, SourceMismatchError
from model_artifacts.archive import Member, Readable, write_archive
from model_compiler.errors import CompilerError, InfrastructureError


@dataclass(frozen=True, kw_only=True)
class Archive:
    """An archive on disk; ``output_bytes`` of its content were compiled."""

    path: Path
    size: int
    output_bytes: int


def assemble(
    model: ManifestModel, *, left_out: Sequence[str], sources: Path, outputs: Path, path: Path
) -> Archive:
    """Write ``path``: the model's files without ``left_out``, and all that lies in ``outputs``.

    Raises `CompilerError` when the compiler wrote nothing, or over a source file; `OSError`.
    """
    compiled = sorted(file for file in outputs.rglob("*") if file.is_file())
    if not compiled:
        raise CompilerError("the compiler ended well and wrote no file")
    members = [
        Member(
            path=file["path"],
            mode=file["mode"],
            size=file["size"],
            sha256=file["sha256"],
            open=_opener(sources / file["path"]),
        )
        for file in model["files"]
        if file["path"] not in left_out
    ]
    made = [_compiled(file, outputs) for file in compiled]
    try:
        with path.open("wb") as stream:
            write_archive([*members, *made], stream)
    except SourceMismatchError as error:
        raise InfrastructureError(f"a file changed on this machine's disk: {error}") from error
    except ArchiveError as error:
        raise CompilerError(f"the compiled files do not fit into the archive: {error}") from error
    return Archive(
        path=path, size=path.stat().st_size, output_bytes=sum(member.size for member in made)
    )


def _compiled(file: Path, outputs: Path) -> Member:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Member(
        path=file.relative_to(outputs).as_posix(),
        mode=0o644,
        size=file.stat().st_size,
        sha256=digest,
        open=_opener(file),
    )


def _opener(path: Path) -> Callable[[], Readable]:
    return lambda: path.open("rb")
