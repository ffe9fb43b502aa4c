"""Deterministic archives: the same members give the same uncompressed tar stream, bit for bit.

Members are sorted by path, belong to user and group 0, carry no time, and folders have no
members of their own (``<folder>/1/`` exists because a file lies in it). The compressed bytes may
differ between processors and zlib releases, so an artifact's identity never rests on them.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Final, Protocol

from model_artifacts.compression import ByteSink, gzip_writer
from model_artifacts.errors import ArchiveError
from model_artifacts.paths import path_problems
from model_artifacts.verified_reader import VerifiedReader

# tarfile copies in pieces of 16 KiB unless told otherwise, which halves the speed
_COPY_BYTES: Final = 1 << 20
_HEADER_BYTES: Final = 3 * tarfile.BLOCKSIZE


class Readable(Protocol):
    """Where a member's bytes come from; `read` may return less than asked for, b"" at the end."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file of an archive; ``open`` is called once, when its turn comes."""

    path: str
    mode: int
    size: int
    sha256: str
    open: Callable[[], Readable]


def write_archive(members: Iterable[Member], sink: ByteSink) -> None:
    """Write a ``.tar.gz`` of ``members`` to ``sink`` in constant memory; ``sink`` stays open.

    Raises `ArchiveError` for unusable paths before anything is written, and
    `SourceMismatchError` as soon as a member's bytes turn out to be others than promised:
    whatever was written by then must be thrown away.
    """
    ordered = sorted(members, key=lambda member: member.path)
    problems = path_problems([member.path for member in ordered])
    if problems:
        raise ArchiveError("; ".join(problems))
    # the stream mode "w|" would also do, at half the speed: it copies through one more buffer
    with (
        closing(gzip_writer(sink)) as compressed,
        tarfile.TarFile(
            mode="w",
            fileobj=compressed,
            format=tarfile.GNU_FORMAT,
            encoding="utf-8",
            copybufsize=_COPY_BYTES,
        ) as archive,
    ):
        for member in ordered:
            with closing(member.open()) as source:
                reader = VerifiedReader(
                    source, path=member.path, size=member.size, sha256=member.sha256
                )
                archive.addfile(_header(member), reader)
                reader.verify()


def archive_size_limit(sizes: Iterable[int]) -> int:
    """An upper bound of the archive's size in bytes for members of these sizes.

    A member takes its header (three blocks when its path is long) and padding; deflate adds
    5 bytes per 16 KiB block at worst (RFC 1951, section 3.2.4), here rounded up to 1 in 1,000.
    """
    tar = sum(size + _HEADER_BYTES + tarfile.BLOCKSIZE for size in sizes) + tarfile.RECORDSIZE
    return tar + tar // 1000 + 1024


def _header(member: Member) -> tarfile.TarInfo:
    header = tarfile.TarInfo(member.path)
    header.size = member.size
    header.mode = member.mode
    header.mtime = 0
    header.uid = header.gid = 0
    header.uname = header.gname = ""
    return header
