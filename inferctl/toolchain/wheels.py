"""Fetches single pinned wheels, to be unpacked rather than installed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Progress = Callable[[str], None]


class ToolchainError(RuntimeError):
    """A pinned file could not be fetched or is not what was pinned."""


@dataclass(frozen=True, kw_only=True)
class PinnedWheel:
    """One file of a package index, named by its content."""

    project: str
    version: str
    filename: str
    sha256: str


def silent(message: str) -> None:
    """The progress callback of callers that show nothing."""
    del message


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch_wheel(wheel: PinnedWheel, directory: Path, *, progress: Progress = silent) -> Path:
    """The wheel in ``directory``, downloaded with pip unless it is there; or `ToolchainError`.

    pip compares the hash while it downloads; a file found in place is compared here.
    """
    path = directory / wheel.filename
    if path.is_file() and file_sha256(path) == wheel.sha256:
        return path
    directory.mkdir(parents=True, exist_ok=True)
    progress(f"downloading {wheel.project} {wheel.version}")
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        requirements = Path(scratch, "requirements.txt")
        requirements.write_text(
            f"{wheel.project}=={wheel.version} --hash=sha256:{wheel.sha256}\n", encoding="utf-8"
        )
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--require-hashes", "--only-binary=:all:", "--disable-pip-version-check"]
        command += ["--dest", scratch, "--requirement", str(requirements)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        downloaded = Path(scratch, wheel.filename)
        if done.returncode != 0 or not downloaded.is_file():
            raise ToolchainError(
                f"could not download {wheel.filename} of {wheel.project} {wheel.version}:"
                f" {done.stderr.strip() or 'pip stored a file of another name'}"
            )
        downloaded.replace(path)
    return path
