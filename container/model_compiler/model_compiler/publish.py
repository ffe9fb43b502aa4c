"""Everything that a job writes to S3: the report, then the archive, or else why it failed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from model_artifacts import ManifestModel, StorageError, artifact_key, canonical_json
from model_artifacts.canonical import JsonValue
from model_artifacts.s3_calls import is_missing, storage_errors
from model_artifacts.s3_upload import S3Upload
from model_compiler.assemble import Archive
from model_compiler.contract import (
    RECORD_NAME,
    CompileReport,
    JobFailure,
    failure_key,
    report_key,
)
from model_compiler.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK_BYTES = 1 << 20

log = logging.getLogger(__name__)


def is_published(s3: S3Client, settings: Settings) -> bool:
    """Whether the archive is there already; raises `StorageError`."""
    return _exists(s3, settings, _archive_key(settings))


def is_wanted(s3: S3Client, settings: Settings) -> bool:
    """Whether the fleet is still there: a deletion that began must not find one more object.

    Step Functions tries to end the jobs of an execution that is stopped, but does not promise it.
    Raises `StorageError`.
    """
    return _exists(s3, settings, f"{settings.prefix}{RECORD_NAME}")


def publish(
    s3: S3Client, settings: Settings, model: ManifestModel, archive: Archive, report: CompileReport
) -> None:
    """Write the report, then the archive: who finds an archive finds its report.

    A report without an archive, which a job that died between the two leaves, is written over; an
    archive never is. Raises `StorageError`, `OSError`.
    """
    body = canonical_json(cast("JsonValue", report))
    report_place = f"{settings.prefix}{report_key(settings.model, settings.digest)}"
    with storage_errors(f"writing s3://{settings.bucket}/{report_place}"):
        s3.put_object(
            Bucket=settings.bucket, Key=report_place, Body=body, ContentType="application/json"
        )
    key = _archive_key(settings)
    with (
        archive.path.open("rb") as stream,
        S3Upload(
            s3,
            bucket=settings.bucket,
            key=key,
            size_limit=archive.size,
            metadata={"artifact-digest": model["digest"]},
        ) as upload,
    ):
        while piece := stream.read(_CHUNK_BYTES):
            upload.write(piece)
        written = upload.commit()
    log.info("%s s3://%s/%s", "wrote" if written else "found", settings.bucket, key)


def write_failure(s3: S3Client, settings: Settings, failure: JobFailure) -> None:
    """Say why there is no archive, for whoever waits for one. Raises `StorageError`."""
    key = f"{settings.work_prefix}{failure_key(settings.model)}"
    with storage_errors(f"writing s3://{settings.bucket}/{key}"):
        s3.put_object(
            Bucket=settings.bucket,
            Key=key,
            Body=canonical_json(cast("JsonValue", failure)),
            ContentType="application/json",
        )


def _exists(s3: S3Client, settings: Settings, key: str) -> bool:
    try:
        with storage_errors(f"looking for s3://{settings.bucket}/{key}"):
            s3.head_object(Bucket=settings.bucket, Key=key)
    except StorageError as error:
        if is_missing(error):
            return False
        raise
    return True


def _archive_key(settings: Settings) -> str:
    return f"{settings.prefix}{artifact_key(settings.model, settings.digest)}"
