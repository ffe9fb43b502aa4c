"""What lies below a prefix, and its removal, always by version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Final

from model_artifacts.errors import StorageError
from model_artifacts.garbage import StoredArchive
from model_artifacts.index import INDEX_NAME, Garbage
from model_artifacts.s3_calls import storage_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectVersionsOutputTypeDef

# exactly what `artifact_key` makes: whatever else lies below the prefix is not ours to delete
_ARCHIVE_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*/[0-9a-f]{16}\.tar\.gz")
_EPOCH: Final = datetime.fromtimestamp(0, tz=UTC)
# docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
_DELETED_PER_CALL: Final = 1000
_TRANSIENT_DELETE_CODES: Final = frozenset({"InternalError", "SlowDown", "ServiceUnavailable"})


def list_archives(s3: S3Client, *, bucket: str, prefix: str) -> dict[str, StoredArchive]:
    """The archives that can be read now, by their key relative to ``prefix``.

    One call per 1,000 versions, and as consistent as a HEAD for each:
    docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel.
    """
    archives: dict[str, StoredArchive] = {}
    for page in _version_pages(s3, bucket=bucket, prefix=prefix):
        for version in page.get("Versions", []):
            key = version.get("Key", "").removeprefix(prefix)
            if version.get("IsLatest") and _ARCHIVE_KEY.fullmatch(key):
                archives[key] = StoredArchive(
                    key=key,
                    version_id=version.get("VersionId", ""),
                    size=version.get("Size", 0),
                    last_modified=version.get("LastModified", _EPOCH),
                )
    return archives


def archive_versions(s3: S3Client, *, bucket: str, prefix: str) -> Iterator[Garbage]:
    """Every version and delete marker of every archive."""
    return (
        item
        for item in _all_versions(s3, bucket=bucket, prefix=prefix)
        if _ARCHIVE_KEY.fullmatch(item["key"])
    )


def index_versions(s3: S3Client, *, bucket: str, prefix: str) -> Iterator[Garbage]:
    """Every version and delete marker of the index."""
    return (
        item
        for item in _all_versions(s3, bucket=bucket, prefix=prefix, name=INDEX_NAME)
        if item["key"] == INDEX_NAME
    )


def folder_versions(s3: S3Client, *, bucket: str, prefix: str, folder: str) -> Iterator[Garbage]:
    """Every version and delete marker below a folder, such as ``reports/``, of the prefix."""
    return _all_versions(s3, bucket=bucket, prefix=prefix, name=folder)


def delete_versions(s3: S3Client, *, bucket: str, prefix: str, versions: Iterable[Garbage]) -> int:
    """Delete these versions for good, return how many; those already gone count as deleted.

    Raises `StorageError` naming the first that S3 kept, after the others of its batch went.
    """
    waiting = iter(versions)
    deleted = 0
    while batch := list(islice(waiting, _DELETED_PER_CALL)):
        with storage_errors(f"deleting {len(batch)} objects below s3://{bucket}/{prefix}"):
            answer = s3.delete_objects(
                Bucket=bucket,
                Delete={
                    "Quiet": True,
                    "Objects": [
                        {"Key": f"{prefix}{item['key']}", "VersionId": item["version_id"]}
                        for item in batch
                    ],
                },
            )
        for error in answer.get("Errors", []):
            code = error.get("Code", "Unknown")
            raise StorageError(
                f"deleting s3://{bucket}/{error.get('Key')}: {code}: {error.get('Message')}"
                f" ({len(answer['Errors'])} of {len(batch)} objects were kept)",
                code=code,
                transient=code in _TRANSIENT_DELETE_CODES,
            )
        deleted += len(batch)
    return deleted


def _all_versions(s3: S3Client, *, bucket: str, prefix: str, name: str = "") -> Iterator[Garbage]:
    for page in _version_pages(s3, bucket=bucket, prefix=f"{prefix}{name}"):
        for item in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            key = item.get("Key", "").removeprefix(prefix)
            yield Garbage(key=key, version_id=item.get("VersionId", ""))


def _version_pages(
    s3: S3Client, *, bucket: str, prefix: str
) -> Iterator[ListObjectVersionsOutputTypeDef]:
    pages = iter(s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix))
    while True:
        with storage_errors(f"listing s3://{bucket}/{prefix}"):
            page = next(pages, None)
        if page is None:
            return
        yield page
