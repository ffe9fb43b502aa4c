"""The model from Amazon S3 into a folder: an archive, or every object of a prefix."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from model_artifacts import (
    ArtifactsError,
    SourceMissingError,
    StorageError,
    resolve_target_model,
)
from model_artifacts.paths import path_problems
from model_artifacts.s3_calls import is_missing, storage_errors
from model_artifacts.s3_index import load_index
from model_artifacts.s3_reader import S3Reader
from model_artifacts.verified_reader import VerifiedReader
from tf_serving_start.source import ModelSource, SourceKind
from tf_serving_start.unpack import unpack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PIECE = 1 << 20
# standard mode tries throttled and failed calls again, with growing pauses
_CONFIG = Config(
    connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 5}
)


def s3_client(region: str | None) -> S3Client:
    """A client with the retries that a start wants."""
    client: S3Client = boto3.session.Session().client("s3", region_name=region, config=_CONFIG)
    return client


def resolve(s3: S3Client, source: ModelSource, model: str) -> ModelSource:
    """The archive or folder itself: an index is asked which archive serves ``model`` now.

    Raises `ArtifactsError`, a `StorageError` with bucket and key among them.
    """
    if source.kind is not SourceKind.INDEX:
        return source
    prefix = source.key[: source.key.rfind("/") + 1]
    index = load_index(s3, bucket=source.bucket, prefix=prefix).index
    return replace(
        source, kind=SourceKind.ARCHIVE, key=f"{prefix}{resolve_target_model(index, model)}"
    )


def fetch(s3: S3Client, source: ModelSource, folder: Path) -> None:
    """Write what a resolved ``source`` holds below ``folder``; raises `ArtifactsError`."""
    if source.kind is SourceKind.ARCHIVE:
        _fetch_archive(s3, source, folder)
    else:
        _fetch_folder(s3, source, folder)


def _fetch_archive(s3: S3Client, source: ModelSource, folder: Path) -> None:
    size = _size(s3, source)
    with closing(S3Reader(s3, bucket=source.bucket, key=source.key, size=size)) as reader:
        if source.sha256 is None:
            unpack(reader, folder, name=source.uri)
            return
        verified = VerifiedReader(reader, path=source.uri, size=size, sha256=source.sha256)
        unpack(verified, folder, name=source.uri)
        while verified.read(_PIECE):
            pass
        verified.verify()


def _fetch_folder(s3: S3Client, source: ModelSource, folder: Path) -> None:
    found = _objects(s3, source)
    if not found:
        raise SourceMissingError(f"{source.uri} holds no object")
    problems = path_problems(list(found))
    if problems:
        raise ArtifactsError(f"{source.uri}: " + "; ".join(problems))
    for path, size in found.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        key = f"{source.key}{path}"
        with (
            closing(S3Reader(s3, bucket=source.bucket, key=key, size=size)) as reader,
            target.open("xb") as file,
        ):
            while data := reader.read(_PIECE):
                file.write(data)
            if file.tell() != size:
                raise SourceMissingError(
                    f"s3://{source.bucket}/{key} is truncated, it has {file.tell()} of {size} bytes"
                )


def _objects(s3: S3Client, source: ModelSource) -> dict[str, int]:
    """Size by path below the folder; consoles mark folders with empty objects, which are none."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=source.bucket, Prefix=source.key)
    with storage_errors(f"listing {source.uri}"):
        return {
            stored["Key"].removeprefix(source.key): stored["Size"]
            for page in pages
            for stored in page.get("Contents", [])
            if not stored["Key"].endswith("/")
        }


def _size(s3: S3Client, source: ModelSource) -> int:
    try:
        with storage_errors(f"looking for {source.uri}"):
            return s3.head_object(Bucket=source.bucket, Key=source.key)["ContentLength"]
    except StorageError as error:
        if is_missing(error):
            raise SourceMissingError(f"{source.uri} does not exist") from error
        raise
