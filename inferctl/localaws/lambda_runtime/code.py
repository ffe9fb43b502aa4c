"""Unpacks function archives once per content."""

from __future__ import annotations

import io
import shutil
import stat
import tempfile
import zipfile
from pathlib import Path

from .function import FunctionSpec


class BadArchiveError(ValueError):
    """The uploaded code is not a zip archive, or would be written outside its folder."""


def unpack(function: FunctionSpec, directory: Path) -> Path:
    """The folder holding the function's code, made when it is not there; `BadArchiveError`."""
    target = directory / function.code_sha256
    if target.is_dir():
        return target
    directory.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=directory))
    try:
        with zipfile.ZipFile(io.BytesIO(function.code)) as archive:
            for member in archive.infolist():
                _extract(archive, member, partial)
        partial.chmod(0o755)
        try:
            partial.rename(target)
        except OSError:
            # another thread was faster, with the same bytes
            if not target.is_dir():
                raise
    except zipfile.BadZipFile as error:
        raise BadArchiveError(f"the code of {function.name} is not a zip archive") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, directory: Path) -> None:
    if member.filename.startswith("/") or ".." in Path(member.filename).parts:
        raise BadArchiveError(f"{member.filename!r} would be written outside the function's folder")
    written = Path(archive.extract(member, directory))
    mode = stat.S_IMODE(member.external_attr >> 16)
    if mode and written.is_file():
        written.chmod(mode | stat.S_IRUSR)
