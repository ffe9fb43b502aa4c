"""What a fleet publishes and where its bytes come from: manifest, source pack, objects."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from model_artifacts import (
    DocumentError,
    Manifest,
    ManifestFile,
    ManifestModel,
    SourceMissingError,
    manifest_digest,
    parse_manifest,
)
from model_artifacts.archive import Member, Readable
from model_artifacts.errors import StorageError
from model_artifacts.s3_calls import is_missing
from model_artifacts.s3_reader import S3Reader, read_object
from model_fleet.errors import FleetError
from model_fleet.fleet import Fleet

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PACK_IN_MEMORY_BYTES: Final = 16 << 20


class Sources:
    """Opens the files of a manifest.

    A small pack is read once into memory, since a model has a dozen small files; of a big one
    only the ranges that are needed are read.
    """

    def __init__(self, s3: S3Client, fleet: Fleet, *, pack: bytes | None) -> None:
        self._s3 = s3
        self._fleet = fleet
        self._pack = pack

    def members(self, model: ManifestModel) -> list[Member]:
        """The archive's members, none of them opened yet."""
        return [self._member(file) for file in model["files"]]

    def _member(self, file: ManifestFile) -> Member:
        return Member(
            path=file["path"],
            mode=file["mode"],
            size=file["size"],
            sha256=file["sha256"],
            open=lambda: self._open(file),
        )

    def _open(self, file: ManifestFile) -> Readable:
        bucket, size = self._fleet.source_bucket, file["size"]
        if "blob" in file:
            return S3Reader(self._s3, bucket=bucket, key=file["blob"], size=size)
        start = file.get("offset", 0)
        if self._pack is not None:
            return io.BytesIO(self._pack[start : start + size])
        return S3Reader(
            self._s3, bucket=bucket, key=self._fleet.source_pack_key, size=size, start=start
        )


def open_sources(s3: S3Client, fleet: Fleet, manifest: Manifest) -> Sources:
    """The sources of a manifest; raises `SourceMissingError` and `StorageError`."""
    ends = [
        file["offset"] + file["size"]
        for model in manifest["models"]
        for file in model["files"]
        if "offset" in file
    ]
    return Sources(s3, fleet, pack=_small_pack(s3, fleet, ends))


def read_manifest(s3: S3Client, fleet: Fleet) -> Manifest:
    """The manifest that the request names; raises `FleetError` and `ArtifactsError`."""
    data = read_source(s3, bucket=fleet.source_bucket, key=fleet.manifest_key)
    name = f"s3://{fleet.source_bucket}/{fleet.manifest_key}"
    digest = manifest_digest(data)
    if digest != fleet.manifest_digest:
        raise FleetError(
            f"{name}: SHA-256 should be ManifestDigest {fleet.manifest_digest}, got {digest}"
        )
    manifest = parse_manifest(data, name=name)
    problems = [
        f"$.{field} must be the property {label}, {wanted!r}, got {got!r}"
        for field, label, wanted, got in (
            ("fleet", "Fleet", fleet.name, manifest["fleet"]),
            ("prefix", "Prefix", fleet.location.prefix, manifest["prefix"]),
        )
        if wanted != got
    ]
    if problems:
        raise DocumentError(name, problems)
    return manifest


def read_source(s3: S3Client, *, bucket: str, key: str) -> bytes:
    """A whole object; raises `SourceMissingError` and `StorageError`."""
    try:
        data, _ = read_object(s3, bucket=bucket, key=key)
    except StorageError as error:
        if is_missing(error):
            raise SourceMissingError(f"s3://{bucket}/{key} does not exist") from error
        raise
    return data


def _small_pack(s3: S3Client, fleet: Fleet, ends: Sequence[int]) -> bytes | None:
    if not ends or max(ends) > _PACK_IN_MEMORY_BYTES:
        return None
    return read_source(s3, bucket=fleet.source_bucket, key=fleet.source_pack_key)
