"""Model archives, downloaded and unpacked on disk, least recently used ones deleted."""

from __future__ import annotations

import contextlib
import shutil
import tarfile
import tempfile
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .container_api import model_hash
from .directory import ObjectNotFound, ObjectStore
from .faults import ValidationError
from .lru import LruLedger

_MAX_MEMBERS = 100_000


@dataclass(frozen=True)
class StoredModel:
    """An unpacked archive; ``directory`` holds the archive's root."""

    name: str
    directory: Path
    size: int


class ModelStore:
    """The directory ``<root>/<hash>/model`` for each model, within a byte budget.

    A fetched model stays until as many releases as fetches came. One caller per model at a time.
    """

    def __init__(self, *, root: Path, objects: ObjectStore, prefix: str, max_bytes: int) -> None:
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        self.root = root
        self._objects = objects
        self._prefix = prefix
        self._lock = threading.Lock()
        self._ledger = LruLedger(max_entries=1_000_000, max_bytes=max_bytes)
        self._condemned = 0
        self.downloads = 0

    def fetch(self, target: str) -> StoredModel:
        """Downloads and unpacks ``target`` unless it is here; raises `ValidationError`."""
        url = f"{self._prefix}{target}"
        name = model_hash(url)
        directory = self.root / name / "model"
        with self._lock:
            if name in self._ledger:
                self._ledger.pin(name)
                return StoredModel(name, directory, self._ledger.size(name))
        try:
            self._make_room(name, self._objects.size(url), url)
            try:
                size = self._download(url, directory)
            except BaseException:
                self._forget(name)
                raise
        except ObjectNotFound as error:
            raise ValidationError(
                f"Failed to download model data from URL {url!r}. Please ensure that there is an"
                " object located at the URL and that the role passed to CreateModel has"
                " permissions to download the object."
            ) from error
        with self._lock:
            self.downloads += 1
            self._ledger.resize(name, size)
            condemned = self._condemn(self._ledger.over_budget())
        _delete(condemned)
        return StoredModel(name, directory, size)

    def release(self, stored: StoredModel, *, discard: bool = False) -> None:
        """The model is no longer loaded; with ``discard`` its files go at once."""
        condemned: list[Path] = []
        with self._lock:
            if stored.name in self._ledger:
                self._ledger.unpin(stored.name)
                if discard and self._ledger.pins(stored.name) == 0:
                    self._ledger.remove(stored.name)
                    condemned = self._condemn([stored.name])
        _delete(condemned)

    def _make_room(self, name: str, size: int, url: str) -> None:
        with self._lock:
            victims = self._ledger.reserve(name, size)
            condemned = self._condemn(victims or [])
        if victims is None:
            raise ValidationError(
                f"Failed to extract model data archive from URL {url!r}: no disk space is left"
                f" ({self._ledger.max_bytes} bytes, all of loaded models)."
            )
        _delete(condemned)

    def _forget(self, name: str) -> None:
        with self._lock:
            self._ledger.remove(name)

    def _condemn(self, names: list[str]) -> list[Path]:
        """Moves models out of the way, so that one of them can be fetched again at once."""
        condemned = []
        for name in names:
            self._condemned += 1
            path = self.root / f"condemned-{self._condemned}"
            with contextlib.suppress(FileNotFoundError):
                (self.root / name).rename(path)
            condemned.append(path)
        return condemned

    def _download(self, url: str, directory: Path) -> int:
        scratch = Path(tempfile.mkdtemp(dir=self.root, prefix="unpacking-"))
        try:
            with self._objects.open(url) as stream:
                size = unpack(stream, scratch / "model", max_bytes=self._ledger.max_bytes)
            scratch.chmod(0o755)
            scratch.rename(directory.parent)
        except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
            raise ValidationError(
                f"Failed to extract model data archive from URL {url!r}: {error}. Please ensure"
                " that the object located at the URL is a valid tar.gz archive."
            ) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return size


def _delete(condemned: list[Path]) -> None:
    for path in condemned:
        shutil.rmtree(path, ignore_errors=True)


def unpack(stream: BinaryIO, directory: Path, *, max_bytes: int) -> int:
    """Unpacks a tar.gz while it is read and returns the bytes of its files.

    Members that lead outside, devices and set-uid bits are refused or dropped by tarfile's data
    filter. Raises `tarfile.TarError` also for more than ``max_bytes`` or 100,000 members.
    """
    directory.mkdir(parents=True)
    total = 0
    with tarfile.open(fileobj=stream, mode="r|gz", bufsize=1 << 20) as archive:
        for count, member in enumerate(archive, start=1):
            total += member.size
            if total > max_bytes:
                raise tarfile.TarError(f"it holds more than {max_bytes} bytes")
            if count > _MAX_MEMBERS:
                raise tarfile.TarError(f"it holds more than {_MAX_MEMBERS} members")
            archive.extract(member, directory, filter="data")
    return total
