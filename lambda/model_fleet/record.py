"""Which execution works for a fleet: one object, written before the execution is started.

A handler that is killed between the two leaves a name behind that the next call starts, and
whoever comes later (a second deployment, a deletion) finds the execution to join or to stop.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, TypedDict, cast

from model_artifacts import LostRaceError, StorageError
from model_artifacts.s3_calls import CONDITION_FAILED, is_missing, storage_errors
from model_artifacts.s3_reader import read_object
from model_fleet.contract import WORK_FOLDER
from model_fleet.execution import WorkInput
from model_fleet.fleet import Location

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NAME: Final = "execution.json"
_LOST: Final = CONDITION_FAILED | {"ConditionalRequestConflict", "NoSuchKey", "404"}

_log = logging.getLogger(__name__)


class _Fields(TypedDict):
    machine: str
    name: str
    request: str
    manifest_digest: str
    work_digest: str
    attempt: int
    tries: int
    missing: int
    input: WorkInput


@dataclass(frozen=True, kw_only=True)
class Record:
    """The newest execution of a fleet; all that is needed to start it, or to start it again."""

    machine: str
    name: str
    request: str
    """The CloudFormation request that began it, or joined it last: its failures are that one's."""
    manifest_digest: str
    work_digest: str
    attempt: int
    tries: int
    """Executions in a row, for one request, that made no archive."""
    missing: int
    """Archives that were missing when it began."""
    input: WorkInput


@dataclass(frozen=True)
class StoredRecord:
    """A record and the ETag that a write must name to replace just this one."""

    record: Record
    etag: str


_NOTHING: Final = Record(
    machine="",
    name="",
    request="",
    manifest_digest="",
    work_digest="",
    attempt=0,
    tries=0,
    missing=0,
    input=WorkInput(
        fleet="",
        bucket="",
        prefix="",
        source_bucket="",
        manifest_key="",
        manifest_digest="",
        source_pack_key="",
        packages_key="",
        compiles_key="",
        work_prefix="",
    ),
)


def record_key(prefix: str) -> str:
    """Where the record of a fleet lies."""
    return f"{prefix}{WORK_FOLDER}{_NAME}"


def read_record(s3: S3Client, location: Location) -> StoredRecord | None:
    """The record of a fleet, None when there is none; raises `StorageError`.

    One that another release wrote in another form names no execution, and is replaced like any.
    """
    try:
        data, etag = read_object(s3, bucket=location.bucket, key=record_key(location.prefix))
    except StorageError as error:
        if is_missing(error):
            return None
        raise
    try:
        fields = cast("_Fields", json.loads(data))
        return StoredRecord(Record(**fields), etag)
    except (ValueError, TypeError) as error:
        _log.warning(
            "s3://%s/%s is not a record: %s", location.bucket, record_key(location.prefix), error
        )
        return StoredRecord(_NOTHING, etag)


def write_record(s3: S3Client, location: Location, record: Record, *, etag: str | None) -> str:
    """Replace the record that had ``etag``, or write the first one; returns the new ETag.

    Raises `LostRaceError`, with nothing written, when it is another one by now, and
    `StorageError`.
    """
    key = record_key(location.prefix)
    body = json.dumps(asdict(record), sort_keys=True).encode()
    kind = "application/json"
    try:
        with storage_errors(f"writing s3://{location.bucket}/{key}"):
            if etag is None:
                answer = s3.put_object(
                    Bucket=location.bucket, Key=key, Body=body, ContentType=kind, IfNoneMatch="*"
                )
            else:
                answer = s3.put_object(
                    Bucket=location.bucket, Key=key, Body=body, ContentType=kind, IfMatch=etag
                )
    except StorageError as error:
        if error.code in _LOST:
            raise LostRaceError(f"s3://{location.bucket}/{key} was changed meanwhile") from error
        raise
    return answer["ETag"]
