"""Brings a model's files onto this machine; each byte is checked against the manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from model_artifacts import ManifestFile, ManifestModel, SourceMismatchError, SourceMissingError
from model_artifacts.s3_reader import S3Reader
from model_artifacts.verified_reader import VerifiedReader
from model_compiler.errors import InputError
from model_compiler.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GOLDEN_NAME = "golden.json"
_CHUNK_BYTES = 1 << 20


def fetch_sources(s3: S3Client, settings: Settings, model: ManifestModel, folder: Path) -> Path:
    """Write the files below ``folder/sources`` and the request beside it; returns the request.

    Raises `InputError` for a missing file or other bytes than promised, `StorageError`, `OSError`.
    """
    for file in model["files"]:
        _fetch(s3, settings, file, folder / "sources" / file["path"])
    request = folder / GOLDEN_NAME
    # the manifest was refused if it had none
    _fetch(s3, settings, model["golden"], request)
    return request


def _fetch(s3: S3Client, settings: Settings, file: ManifestFile, destination: Path) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    blob = file.get("blob")
    source = S3Reader(
        s3,
        bucket=settings.source_bucket,
        key=settings.source_pack_key if blob is None else blob,
        size=file["size"] if blob is None else file["size"] + 1,
        start=file.get("offset", 0),
    )
    reader = VerifiedReader(source, path=file["path"], size=file["size"], sha256=file["sha256"])
    try:
        with destination.open("wb") as stream:
            while piece := reader.read(_CHUNK_BYTES):
                stream.write(piece)
        reader.verify()
    except (SourceMismatchError, SourceMissingError) as error:
        raise InputError(str(error)) from error
    finally:
        source.close()
    destination.chmod(file["mode"])
