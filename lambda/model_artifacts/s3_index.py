"""Reading and writing the index in S3: every write is conditional on what was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from model_artifacts.errors import ArtifactsError, IndexMissingError, LostRaceError, StorageError
from model_artifacts.index import (
    INDEX_NAME,
    Index,
    parse_index,
    resolve_target_model,
    rollback_model,
    serialise_index,
)
from model_artifacts.s3_calls import CONDITION_FAILED, is_missing, storage_errors
from model_artifacts.s3_reader import read_object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ATTEMPTS: Final = 5
# 404: the index that the write is conditional on was deleted
_LOST: Final = CONDITION_FAILED | {"ConditionalRequestConflict", "NoSuchKey", "404"}


@dataclass(frozen=True)
class StoredIndex:
    """An index and the ETag that a write must name to replace just this one."""

    index: Index
    etag: str


def load_index(s3: S3Client, *, bucket: str, prefix: str) -> StoredIndex:
    """The index of a prefix; raises `IndexMissingError`, `DocumentError` and `StorageError`."""
    key = f"{prefix}{INDEX_NAME}"
    place = f"s3://{bucket}/{key}"
    try:
        data, etag = read_object(s3, bucket=bucket, key=key)
    except StorageError as error:
        if is_missing(error):
            raise IndexMissingError(
                f"{place} does not exist: nothing is published there"
            ) from error
        raise
    return StoredIndex(index=parse_index(data, name=place), etag=etag)


def index_etag(s3: S3Client, *, bucket: str, prefix: str) -> str | None:
    """The ETag that the index has now, None when there is no index; raises `StorageError`."""
    key = f"{prefix}{INDEX_NAME}"
    try:
        with storage_errors(f"looking for s3://{bucket}/{key}"):
            return s3.head_object(Bucket=bucket, Key=key)["ETag"]
    except StorageError as error:
        if is_missing(error):
            return None
        raise


def write_index(s3: S3Client, *, bucket: str, prefix: str, index: Index, etag: str | None) -> None:
    """Replace the index that had ``etag``, or write the first one when it is None.

    Raises `LostRaceError`, with nothing written by us, when it is another one by now. That may
    also be our own write, when its answer got lost and botocore tried again: read and look.
    """
    key = f"{prefix}{INDEX_NAME}"
    body = serialise_index(index)
    kind = "application/json"
    try:
        with storage_errors(f"writing s3://{bucket}/{key}"):
            if etag is None:
                s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=kind, IfNoneMatch="*")
            else:
                s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=kind, IfMatch=etag)
    except StorageError as error:
        if error.code in _LOST:
            raise LostRaceError(f"s3://{bucket}/{key} was changed by someone else") from error
        raise


def rollback_published_model(s3: S3Client, *, bucket: str, prefix: str, model: str) -> Index:
    """Serve ``model`` from its previous artifact again; returns the index that says so.

    Raises what `rollback_model` and `load_index` raise, `ArtifactsError` when the previous
    archive is gone from the bucket, and `LostRaceError` after losing 5 races.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        stored = load_index(s3, bucket=bucket, prefix=prefix)
        index = rollback_model(stored.index, model)
        _require(s3, bucket=bucket, key=f"{prefix}{resolve_target_model(index, model)}")
        try:
            write_index(s3, bucket=bucket, prefix=prefix, index=index, etag=stored.etag)
        except LostRaceError:
            if attempt == _ATTEMPTS:
                raise
        else:
            return index
    raise AssertionError("unreachable: the last attempt returns or raises")


def _require(s3: S3Client, *, bucket: str, key: str) -> None:
    try:
        with storage_errors(f"looking for s3://{bucket}/{key}"):
            s3.head_object(Bucket=bucket, Key=key)
    except StorageError as error:
        if is_missing(error):
            raise ArtifactsError(
                f"s3://{bucket}/{key} does not exist, the index stays as it is (someone deleted"
                " the archive; deploy that version of the model to make it anew)"
            ) from error
        raise
