"""Removal of a fleet: the index stops naming anything, the archives go, the index goes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from cfn_resource import ResourceEvent
from model_artifacts import Index, LostRaceError
from model_artifacts.s3_index import write_index
from model_artifacts.s3_inventory import archive_versions, delete_versions, index_versions
from model_fleet.fleet import Removal, owner_of
from model_fleet.requests import find_index, is_newest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ATTEMPTS: Final = 5

_log = logging.getLogger(__name__)


def is_ours(s3: S3Client, removal: Removal, event: ResourceEvent) -> bool:
    """Whether there is something to remove that this very resource published.

    Not so when it is retained, gone already, another fleet's, or when another resource of the
    same fleet (a stack made anew) publishes there by now. Raises `StorageError`.
    """
    if removal.retain:
        return False
    stored = find_index(s3, removal.location)
    return stored is not None and _owns(stored.index, removal, event)


def remove(s3: S3Client, removal: Removal, event: ResourceEvent) -> None:
    """Remove every version of the fleet's archives and of its index; safe to repeat.

    The index goes last, so a removal that was killed is taken up by the next event. Raises
    `StorageError`, and `LostRaceError` after 5 lost races.
    """
    place = removal.location
    for _ in range(_ATTEMPTS):
        if removal.retain or not _empty_index(s3, removal, event):
            return
        gone = delete_versions(
            s3,
            bucket=place.bucket,
            prefix=place.prefix,
            versions=archive_versions(s3, bucket=place.bucket, prefix=place.prefix),
        )
        # taken before the look at the index: a request that comes later writes another version
        versions = list(index_versions(s3, bucket=place.bucket, prefix=place.prefix))
        stored = find_index(s3, place)
        if stored is None or (not stored.index["models"] and is_newest(stored.index, event)):
            delete_versions(s3, bucket=place.bucket, prefix=place.prefix, versions=versions)
            _log.info("removed s3://%s with %d versions of archives", place, gone)
            return
    raise LostRaceError(f"the index of s3://{place} changed {_ATTEMPTS} times during its removal")


def _empty_index(s3: S3Client, removal: Removal, event: ResourceEvent) -> bool:
    """Make the index name nothing, before its archives go; False when there is nothing to do."""
    place = removal.location
    for attempt in range(1, _ATTEMPTS + 1):
        stored = find_index(s3, place)
        if stored is None:
            return False
        if not _owns(stored.index, removal, event) or not is_newest(stored.index, event):
            return False
        emptied: Index = {
            **stored.index,
            "serial": stored.index["serial"] + 1,
            "manifest_digest": "",
            "models": {},
            "retired": {},
            "published": 0,
            "garbage": [],
        }
        try:
            write_index(
                s3, bucket=place.bucket, prefix=place.prefix, index=emptied, etag=stored.etag
            )
        except LostRaceError:
            if attempt == _ATTEMPTS:
                raise
        else:
            return True
    raise AssertionError("unreachable: the last attempt returns or raises")


def _owns(index: Index, removal: Removal, event: ResourceEvent) -> bool:
    return index["fleet"] == removal.name and index["owner"] == owner_of(event)
